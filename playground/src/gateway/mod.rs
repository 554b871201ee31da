//! The gateway: sessions that survive their sockets, events by intent and visibility, faults a test can switch.
//! Never changes channels or messages; it only tells of them. <https://docs.discord.com/developers/events/gateway>

pub mod control;
pub(crate) mod event;
pub(crate) mod session;
pub(crate) mod socket;
