//! What leaves Muster as a file. Pure: knows neither clock nor surface.

pub mod ical;
