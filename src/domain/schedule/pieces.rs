//! A stretch of time cut into pieces: who is on call in each rotation, and by whose word. Every edge is walked once, so that a year
//! costs what it holds; [`who`](super::who) answers for one instant, and both agree.

use chrono::TimeDelta;

use super::overrides::{self, Override};
use super::rotation::{self, Run};
use super::{Rotation, Schedule, Shift};
use crate::domain::id::Timestamp;
use crate::domain::name::Name;

/// Longest stretch that is cut at once. Five years of the busiest schedule that `check` lets through are some millions of edges,
/// which fit into memory; who asks for more gets the first five years.
pub const SPAN_MAX: TimeDelta = TimeDelta::days(5 * 366);

/// The same people of one rotation, by the same word, without a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    pub from: Timestamp,
    pub until: Timestamp,
    /// In the order of the shift, or of the override. Of an override, nobody is possible.
    pub contacts: Vec<&'a Name>,
    /// None: an override of the whole schedule.
    pub rotation: Option<&'a str>,
    pub kind: PieceKind,
}

/// By whose word somebody is on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// The rotation itself.
    Regular,
    Override,
}

/// `[from, until)` as the pieces of each rotation, by start, then the whole schedule before its rotations in their order. Where a
/// rotation has nobody on call there is no piece; where an override says so, there is one without contacts. At most [`SPAN_MAX`].
pub fn pieces<'a>(
    schedule: &'a Schedule,
    overrides: &'a [Override],
    from: Timestamp,
    until: Timestamp,
) -> Vec<Piece<'a>> {
    let until = bounded(from, until);
    let (mut whole, mut all) = (Vec::new(), Vec::new());
    for (order, rotation) in schedule.rotations.iter().enumerate() {
        let mut own: Vec<Piece<'a>> = Vec::new();
        for stretch in stretches(rotation, overrides, from, until) {
            let of_all = matches!(stretch.by, By::Override(by) if by.rotation.is_none());
            push(if of_all { &mut whole } else { &mut own }, stretch.piece(rotation));
        }
        all.extend(own.into_iter().map(|piece| (order + 1, piece)));
    }
    all.extend(united(whole).into_iter().map(|piece| (0, piece)));
    all.sort_by_key(|(order, piece)| (piece.from, *order));
    all.into_iter().map(|(_, piece)| piece).collect()
}

/// `[from, until)` cut where the people change; without a break, and nobody twice in one piece. At most [`SPAN_MAX`].
pub fn shifts(schedule: &Schedule, overrides: &[Override], from: Timestamp, until: Timestamp) -> Vec<Shift> {
    let until = bounded(from, until);
    let lane = |rotation| Lane {
        rotation,
        stretches: stretches(rotation, overrides, from, until),
        place: 0,
        contacts: Vec::new(),
    };
    let mut lanes: Vec<Lane<'_>> = schedule.rotations.iter().map(lane).collect();
    let edges = lanes.iter().flat_map(|lane| &lane.stretches).flat_map(|stretch| [stretch.from, stretch.until]);
    let mut edges: Vec<Timestamp> = edges.chain([from, until]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut cut: Vec<Shift> = Vec::new();
    for edge in edges.windows(2) {
        lanes.iter_mut().for_each(|lane| lane.walk_to(edge[0]));
        let who = united_here(&lanes);
        match cut.last_mut().filter(|last| last.who.iter().eq(who.iter().copied())) {
            Some(last) => last.until = edge[1],
            None => cut.push(Shift { from: edge[0], until: edge[1], who: who.into_iter().cloned().collect() }),
        }
    }
    cut
}

fn bounded(from: Timestamp, until: Timestamp) -> Timestamp {
    from.checked_add_signed(SPAN_MAX).map_or(until, |most| until.min(most))
}

/// Who decides for a rotation in a stretch of time.
#[derive(Debug, Clone, Copy)]
enum By<'a> {
    /// The rotation itself: the number of the shift.
    Shift(i64),
    Override(&'a Override),
}

#[derive(Debug, Clone, Copy)]
struct Stretch<'a> {
    from: Timestamp,
    until: Timestamp,
    by: By<'a>,
}

impl<'a> Stretch<'a> {
    fn contacts(&self, rotation: &'a Rotation) -> Vec<&'a Name> {
        match self.by {
            By::Shift(shift) => rotation::members(rotation, shift),
            By::Override(by) => by.contacts.iter().collect(),
        }
    }

    fn piece(&self, rotation: &'a Rotation) -> Piece<'a> {
        let (named, kind) = match self.by {
            By::Shift(_) => (Some(rotation.name.as_str()), PieceKind::Regular),
            By::Override(by) => (by.rotation.as_deref(), PieceKind::Override),
        };
        let contacts = self.contacts(rotation);
        Piece { from: self.from, until: self.until, contacts, rotation: named, kind }
    }
}

/// What decides for one rotation in `[from, until)`, in order; where nothing does, nobody is on call.
fn stretches<'a>(
    rotation: &'a Rotation,
    overrides: &'a [Override],
    from: Timestamp,
    until: Timestamp,
) -> Vec<Stretch<'a>> {
    let ours = overrides::within(overrides, &rotation.name, from, until);
    let runs = rotation::runs(rotation, from, until);
    let (mut all, mut next) = (Vec::new(), 0);
    for (from, until, by) in overrides::segments(&ours, from, until) {
        if let Some(by) = by {
            all.push(Stretch { from, until, by: By::Override(by) });
            continue;
        }
        next += runs[next..].iter().take_while(|run| run.until <= from).count();
        let here = runs[next..].iter().take_while(|run| run.from < until);
        let clipped = |run: &Run| (run.from.max(from), run.until.min(until), By::Shift(run.shift));
        all.extend(here.map(clipped).map(|(from, until, by)| Stretch { from, until, by }));
    }
    all
}

/// Appends a piece, or lets the one before it last longer.
fn push<'a>(pieces: &mut Vec<Piece<'a>>, new: Piece<'a>) {
    match pieces.last_mut().filter(|last| last.until == new.from && same(last, &new)) {
        Some(last) => last.until = new.until,
        None => pieces.push(new),
    }
}

fn same(one: &Piece<'_>, other: &Piece<'_>) -> bool {
    one.kind == other.kind && one.contacts == other.contacts
}

/// Overrides of the whole schedule as each rotation has them, as one: at an instant there is one at most.
fn united(mut pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    pieces.sort_by_key(|piece| piece.from);
    let mut all: Vec<Piece<'_>> = Vec::new();
    for piece in pieces {
        match all.last_mut().filter(|last| piece.from <= last.until && same(last, &piece)) {
            Some(last) => last.until = last.until.max(piece.until),
            None => all.push(piece),
        }
    }
    all
}

/// One rotation's stretches, walked in order, with who is on call where the walk is.
struct Lane<'a> {
    rotation: &'a Rotation,
    stretches: Vec<Stretch<'a>>,
    place: usize,
    contacts: Vec<&'a Name>,
}

impl Lane<'_> {
    /// Goes on to `at`, which is not before where it is.
    fn walk_to(&mut self, at: Timestamp) {
        let passed = self.stretches[self.place..].iter().take_while(|stretch| stretch.until <= at).count();
        self.place += passed;
        let here = self.stretches.get(self.place).filter(|stretch| stretch.from <= at);
        if here.is_none_or(|stretch| stretch.from == at) {
            self.contacts = here.map(|stretch| stretch.contacts(self.rotation)).unwrap_or_default();
        }
    }
}

/// Who is on call in any rotation, in the order of [`who`](super::who).
fn united_here<'a>(lanes: &[Lane<'a>]) -> Vec<&'a Name> {
    let mut names = Vec::new();
    for name in lanes.iter().flat_map(|lane| &lane.contacts) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names
}
