//! Lower stars of cubical grids, matched on bit masks.
//!
//! The star of a vertex v has 3^d cells, one in every direction e in {-1, 0, 1}^d; the cell towards e is spanned by v and
//! the vertex v + e, and its facets in the star are e with one coordinate made zero. Along most axes a function rises on
//! one side of v and falls on the other: if it falls on at most one side of every axis, the lower star lies in a *corner*
//! of 2^d cells, one for every set of axes, and only these are looked at.
//!
//! A set of cells is a mask. The first cell of a set is the one with the least *key*: the mask of the ranks of its
//! vertices among those of the lower star, which sorts like the falling list of its vertices.
//!
//! The result is that of [`super::process`], its specification.

use super::axes::{Axes, MOST_AXES};
use super::cubical::{CRITICAL, matched};
use crate::order::{Order, Value};
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not, Range};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Matches the lower stars of a range of vertices.
pub(super) fn match_cubical_stars<V: Value>(
    axes: &Axes,
    order: Order<'_, V>,
    range: Range<u32>,
    matching: &[AtomicU8],
) {
    match axes.d() {
        1 => Stars::<u32, 3, 2>::new(axes).match_all(order, range, matching),
        2 => Stars::<u32, 9, 4>::new(axes).match_all(order, range, matching),
        3 => Stars::<u32, 27, 8>::new(axes).match_all(order, range, matching),
        _ => Stars::<u128, 81, 16>::new(axes).match_all(order, range, matching),
    }
}

/// A set of cells, or of ranks.
trait Mask:
    Copy + Ord + BitAnd<Output = Self> + BitOr<Output = Self> + BitAndAssign + BitOrAssign + Not<Output = Self>
{
    const EMPTY: Self;
    fn bit(at: usize) -> Self;
    fn first(self) -> usize;
    /// Without its first element.
    fn rest(self) -> Self;
}

macro_rules! mask {
    ($type:ty) => {
        impl Mask for $type {
            const EMPTY: Self = 0;
            #[inline]
            fn bit(at: usize) -> Self {
                1 << at
            }
            #[inline]
            fn first(self) -> usize {
                self.trailing_zeros() as usize
            }
            #[inline]
            fn rest(self) -> Self {
                self & self.wrapping_sub(1)
            }
        }
    };
}
mask!(u32);
mask!(u128);

/// Calls `visit` with every element of a set.
#[inline]
fn each<M: Mask>(mut set: M, mut visit: impl FnMut(usize)) {
    while set != M::EMPTY {
        visit(set.first());
        set = set.rest();
    }
}

/// A star, or a corner of one, without its place in the grid: S cells, each towards one direction.
struct Shape<M, const S: usize> {
    d: usize,
    /// The vertex itself.
    center: usize,
    /// Of every cell, its facets and cofacets.
    facets: [M; S],
    cofacets: [M; S],
    /// The axes along which a cell extends, as in its number.
    kind: [u8; S],
    /// The cells of every dimension.
    dimensions: [M; MOST_AXES + 1],
}

impl<M: Mask, const S: usize> Shape<M, S> {
    fn new(d: usize, directions: &[Vec<i8>]) -> Self {
        let mut shape = Self {
            d,
            center: 0,
            facets: [M::EMPTY; S],
            cofacets: [M::EMPTY; S],
            kind: [0; S],
            dimensions: [M::EMPTY; MOST_AXES + 1],
        };
        for (cell, direction) in directions.iter().enumerate() {
            let along: Vec<usize> = (0..d).filter(|&axis| direction[axis] != 0).collect();
            shape.dimensions[along.len()] |= M::bit(cell);
            if along.is_empty() {
                shape.center = cell;
            }
            for axis in along {
                shape.kind[cell] |= 1 << axis;
                let mut facet = direction.clone();
                facet[axis] = 0;
                for (facet, _) in directions.iter().enumerate().filter(|&(_, other)| *other == facet) {
                    shape.facets[cell] |= M::bit(facet);
                    shape.cofacets[facet] |= M::bit(cell);
                }
            }
        }
        shape
    }
}

/// Where a star lies, for a vertex on given borders.
struct Place<M, const S: usize> {
    /// The directions that stay in the grid.
    present: M,
    /// What is added to the number of a vertex, modulo 2^32, to go one step in a direction.
    towards: [u32; S],
    /// The same to come to the anchor of the cell in that direction.
    anchor: [u32; S],
    /// The axes along which a cell extends downwards.
    down: [u8; S],
}

impl<M: Mask, const S: usize> Place<M, S> {
    fn new(axes: &Axes, directions: &[Vec<i8>], borders: &[(bool, bool)]) -> Self {
        let mut place = Self { present: M::EMPTY, towards: [0; S], anchor: [0; S], down: [0; S] };
        for (cell, direction) in directions.iter().enumerate() {
            let mut present = true;
            for (axis, &step) in direction.iter().enumerate().filter(|&(_, &step)| step != 0) {
                let (stride, last) = (axes.strides[axis], axes.shape[axis].wrapping_sub(1));
                let around = stride.wrapping_mul(last);
                let (down, border) = (step < 0, if step < 0 { borders[axis].0 } else { borders[axis].1 });
                present &= !border || axes.periodic[axis];
                // Down by a stride, or up around the axis; and the other way round.
                let by = if border { around } else { stride };
                let by = if down == border { by } else { by.wrapping_neg() };
                place.towards[cell] = place.towards[cell].wrapping_add(by);
                if down {
                    place.anchor[cell] = place.anchor[cell].wrapping_add(by);
                    place.down[cell] |= 1 << axis;
                }
            }
            if present {
                place.present |= M::bit(cell);
            }
        }
        place
    }
}

/// What is known of the vertices on given borders: the whole star, and its corners.
struct Places<M, const S: usize, const C: usize> {
    whole: Place<M, S>,
    /// By the set of axes along which the corner extends downwards.
    corners: Vec<Place<u32, C>>,
}

/// Lines along the last axis that are on the same borders along all others.
struct Line<M, const S: usize, const C: usize> {
    borders: Vec<(bool, bool)>,
    /// Of the first vertex, those within, and the last.
    places: [Places<M, S, C>; 3],
}

/// The stars of a grid: S = 3^d cells, C = 2^d in a corner.
struct Stars<'a, M, const S: usize, const C: usize> {
    axes: &'a Axes,
    whole: Shape<M, S>,
    corner: Shape<u32, C>,
    directions: Vec<Vec<i8>>,
}

/// All directions in {-1, 0, 1}^d.
fn all_directions(d: usize) -> Vec<Vec<i8>> {
    let digit = |cell: usize, axis: usize| (cell / 3usize.pow(axis as u32) % 3) as i8 - 1;
    (0..3usize.pow(d as u32)).map(|cell| (0..d).map(|axis| digit(cell, axis)).collect()).collect()
}

/// The directions of a corner, numbered by sets of axes.
fn corner_directions(d: usize, down: usize) -> Vec<Vec<i8>> {
    let step = |set: usize, axis: usize| match (set >> axis & 1, down >> axis & 1) {
        (0, _) => 0,
        (_, 0) => 1,
        _ => -1,
    };
    (0..1 << d).map(|set| (0..d).map(|axis| step(set, axis)).collect()).collect()
}

impl<'a, M: Mask, const S: usize, const C: usize> Stars<'a, M, S, C> {
    fn new(axes: &'a Axes) -> Self {
        let d = axes.d();
        let directions = all_directions(d);
        Self { axes, whole: Shape::new(d, &directions), corner: Shape::new(d, &corner_directions(d, 0)), directions }
    }

    fn places(&self, borders: &[(bool, bool)]) -> Places<M, S, C> {
        let corner = |down| Place::new(self.axes, &corner_directions(self.axes.d(), down), borders);
        Places { whole: Place::new(self.axes, &self.directions, borders), corners: (0..C).map(corner).collect() }
    }

    fn line(&self, borders: &[(bool, bool)], single: bool) -> Line<M, S, C> {
        let places = [(true, single), (false, false), (false, true)].map(|border| {
            let borders: Vec<_> = borders.iter().copied().chain([border]).collect();
            self.places(&borders)
        });
        Line { borders: borders.to_vec(), places }
    }

    /// Goes line by line along the last axis; lines on the same borders share their places.
    fn match_all<V: Value>(&self, order: Order<'_, V>, range: Range<u32>, matching: &[AtomicU8]) {
        let last = self.axes.d() - 1;
        let length = self.axes.shape[last];
        let mut borders = vec![(false, false); last];
        let mut known: Option<Line<M, S, C>> = None;
        let (mut whole, mut corner) = (Scratch::new(), Scratch::new());
        let mut v = range.start;
        while v < range.end {
            let start = v / length * length;
            for (axis, border) in borders.iter_mut().enumerate() {
                let at = self.axes.coordinate(v, axis);
                *border = (at == 0, at + 1 == self.axes.shape[axis]);
            }
            let line = match &mut known {
                Some(line) if line.borders == borders => line,
                known => known.insert(self.line(&borders, length == 1)),
            };
            let end = range.end.min(start + length);
            while v < end {
                let place = if v == start { 0 } else { 1 + usize::from(v + 1 == start + length) };
                if order.inside(v) {
                    let place = &line.places[place];
                    match self.falls(order, v, &place.corners) {
                        Some(down) => {
                            match_star(order, v, &self.corner, &place.corners[down], &mut corner, matching);
                        }
                        None => match_star(order, v, &self.whole, &place.whole, &mut whole, matching),
                    }
                }
                v += 1;
            }
        }
    }

    /// The axes along which the lower neighbour of a vertex is the one before it, if there is no axis along which both
    /// neighbours are lower.
    #[inline]
    fn falls<V: Value>(&self, order: Order<'_, V>, v: u32, corners: &[Place<u32, C>]) -> Option<usize> {
        let lower = |corner: &Place<u32, C>, edge: usize| {
            corner.present & 1 << edge != 0 && order.lower(v.wrapping_add(corner.towards[edge]), v)
        };
        let mut set = 0;
        for axis in 0..self.corner.d {
            let edge = 1 << axis;
            if lower(&corners[C - 1], edge) {
                if lower(&corners[0], edge) {
                    return None;
                }
                set |= edge;
            }
        }
        Some(set)
    }
}

/// Scratch of one thread; only the entries of the cells at hand mean something.
struct Scratch<V, M, const S: usize> {
    cells: [u8; S],
    values: [V; S],
    ranks: [u32; S],
    key: [M; S],
}

impl<V: Value, M: Mask, const S: usize> Scratch<V, M, S> {
    fn new() -> Self {
        Self { cells: [0; S], values: [V::INFINITY; S], ranks: [0; S], key: [M::EMPTY; S] }
    }

    /// The cell of a set that comes first in filtration order.
    #[inline]
    fn first(&self, set: M) -> usize {
        let (mut best, mut rest) = (set.first(), set.rest());
        while rest != M::EMPTY {
            let cell = rest.first();
            if self.key[cell] < self.key[best] {
                best = cell;
            }
            rest = rest.rest();
        }
        best
    }

    /// Fills in the keys of the cells of a lower star.
    #[inline]
    fn find_keys(&mut self, order: Order<'_, V>, v: u32, shape: &Shape<M, S>, place: &Place<M, S>, cells: M) {
        let vertex = |cell: u8| v.wrapping_add(place.towards[cell as usize]);
        let mut m = 0;
        each(cells, |cell| {
            self.cells[m] = cell as u8;
            self.values[m] = order.value(vertex(cell as u8));
            m += 1;
        });
        let mut sum = 0;
        for at in 0..m {
            let value = self.values[at];
            self.ranks[at] = self.values[..m].iter().map(|&other| u32::from(other < value)).sum();
            sum += self.ranks[at] as usize;
        }
        if sum != m * (m - 1) / 2 {
            // Ties fall to the lower number.
            for at in 0..m {
                let u = vertex(self.cells[at]);
                let lower = |&other: &u8| u32::from(order.lower(vertex(other), u));
                self.ranks[at] = self.cells[..m].iter().map(lower).sum();
            }
        }
        for (&cell, &rank) in self.cells[..m].iter().zip(&self.ranks) {
            self.key[cell as usize] = M::bit(rank as usize);
        }
        for &dimension in &shape.dimensions[2..=shape.d.max(1)] {
            each(cells & dimension, |cell| {
                let mut key = self.key[cell];
                each(shape.facets[cell], |facet| key |= self.key[facet]);
                self.key[cell] = key;
            });
        }
    }
}

/// The cells of a lower star besides the vertex itself: dimension by dimension, so that a vertex is looked at only if the
/// facets of its cell are in the star.
#[inline]
fn lower_star<V: Value, M: Mask, const S: usize>(
    order: Order<'_, V>,
    v: u32,
    shape: &Shape<M, S>,
    place: &Place<M, S>,
) -> M {
    let center = M::bit(shape.center);
    let mut cells = center;
    for &dimension in &shape.dimensions[1..=shape.d] {
        let before = cells;
        each(dimension & place.present, |cell| {
            if shape.facets[cell] & !before == M::EMPTY && order.lower(v.wrapping_add(place.towards[cell]), v) {
                cells |= M::bit(cell);
            }
        });
        if cells == before {
            break;
        }
    }
    cells & !center
}

fn match_star<V: Value, M: Mask, const S: usize>(
    order: Order<'_, V>,
    v: u32,
    shape: &Shape<M, S>,
    place: &Place<M, S>,
    scratch: &mut Scratch<V, M, S>,
    matching: &[AtomicU8],
) {
    let set = |cell: usize, byte: u8| {
        let number = (v.wrapping_add(place.anchor[cell]) as usize) << shape.d | usize::from(shape.kind[cell]);
        matching[number].store(byte, Relaxed);
    };
    let join = |facet: usize, cofacet: usize| {
        let axis = (shape.kind[facet] ^ shape.kind[cofacet]).trailing_zeros() as usize;
        // The facet is the upper end of a cofacet that goes down.
        let byte = matched(axis, place.down[cofacet] >> axis & 1 == 1);
        set(facet, byte);
        set(cofacet, byte);
    };
    let mut open = lower_star(order, v, shape, place);
    if open == M::EMPTY {
        return set(shape.center, CRITICAL);
    }
    scratch.find_keys(order, v, shape, place, open);
    // Cells with one open facet, and with none.
    let (mut one, mut none) = (M::EMPTY, open & shape.dimensions[1]);
    let mut assign = |cell: usize, one: &mut M, none: &mut M| {
        let others = !M::bit(cell);
        open &= others;
        *one &= others;
        *none &= others;
        each(shape.cofacets[cell] & open, |cofacet| {
            let facets = shape.facets[cofacet] & open;
            if facets == M::EMPTY {
                *one &= !M::bit(cofacet);
                *none |= M::bit(cofacet);
            } else if facets.rest() == M::EMPTY {
                *one |= M::bit(cofacet);
            }
        });
        open
    };
    let steepest = scratch.first(none);
    join(shape.center, steepest);
    let mut left = assign(steepest, &mut one, &mut none);
    loop {
        if one != M::EMPTY {
            let cell = scratch.first(one);
            let facet = (shape.facets[cell] & left).first();
            join(facet, cell);
            assign(facet, &mut one, &mut none);
            left = assign(cell, &mut one, &mut none);
        } else if none != M::EMPTY {
            let cell = scratch.first(none);
            set(cell, CRITICAL);
            left = assign(cell, &mut one, &mut none);
        } else {
            return;
        }
    }
}
