//! The sum of many columns.

use super::column::{Column, scale};
use super::field::Field;
use std::mem::replace;

/// A column that others are added to: a value for every row, and a tree of bits that finds the last row (Bauer, Kerber,
/// Reininghaus & Wagner, "PHAT - persistent homology algorithms toolbox", 2017). A column to which nothing is added stays
/// as it came.
///
/// To add k entries costs O(k log n) for n rows, however many entries the sum has.
pub(super) struct Sum<'a, F: Field> {
    field: &'a F,
    n_rows: usize,
    /// The sum, unless spread.
    column: Column<F::Element>,
    spread: bool,
    /// The sum by row, if spread, else zeros. Empty until first needed.
    values: Vec<F::Element>,
    /// The rows of `values` that are not zero.
    rows: Bits,
}

impl<'a, F: Field> Sum<'a, F> {
    pub(super) fn new(field: &'a F, n_rows: usize) -> Self {
        Self { field, n_rows, column: Vec::new(), spread: false, values: Vec::new(), rows: Bits::default() }
    }

    /// Starts from a column, when zero.
    pub(super) fn start(&mut self, column: Column<F::Element>) {
        (self.column, self.spread) = (column, false);
    }

    /// The last row, and the entry there.
    pub(super) fn pivot(&self) -> Option<(u32, &F::Element)> {
        if self.spread {
            self.rows.last().map(|row| (row, &self.values[row as usize]))
        } else {
            self.column.last().map(|(row, x)| (*row, x))
        }
    }

    /// Adds a multiple of a column. A factor of 1, the only one there is over Z/2, costs no multiplications.
    pub(super) fn add(&mut self, factor: &F::Element, other: &[(u32, F::Element)]) {
        if !self.spread {
            self.spread();
        }
        let unit = self.field.is_one(factor);
        for (row, x) in other {
            let value = &mut self.values[*row as usize];
            let was_zero = self.field.is_zero(value);
            *value = if unit { self.field.add(value, x) } else { self.field.add(value, &self.field.mul(factor, x)) };
            if self.field.is_zero(value) {
                self.rows.remove(*row);
            } else if was_zero {
                self.rows.insert(*row);
            }
        }
    }

    fn spread(&mut self) {
        if self.values.is_empty() {
            self.values = vec![self.field.from_i64(0); self.n_rows];
            self.rows = Bits::new(self.n_rows);
        }
        for (row, x) in self.column.drain(..) {
            self.rows.insert(row);
            self.values[row as usize] = x;
        }
        self.spread = true;
    }

    /// The column, times a factor that is not 0; the sum is zero then.
    pub(super) fn take<T: FromIterator<(u32, F::Element)>>(&mut self, factor: &F::Element) -> T {
        if self.spread {
            while let Some(row) = self.rows.last() {
                self.rows.remove(row);
                self.column.push((row, replace(&mut self.values[row as usize], self.field.from_i64(0))));
            }
            self.column.reverse();
        }
        scale(self.field, &mut self.column, factor);
        self.column.drain(..).collect()
    }
}

/// A set of numbers below a bound: one bit each, and above it a bit for every 64 that are not all zero, up to one word.
#[derive(Default)]
struct Bits {
    /// From single numbers up.
    levels: Vec<Vec<u64>>,
}

impl Bits {
    fn new(bound: usize) -> Self {
        let mut levels = vec![vec![0; bound.div_ceil(64)]];
        while let Some(words) = levels.last().map(Vec::len).filter(|&words| words > 1) {
            levels.push(vec![0; words.div_ceil(64)]);
        }
        Self { levels }
    }

    fn insert(&mut self, mut x: u32) {
        for level in &mut self.levels {
            let word = &mut level[x as usize / 64];
            let before = replace(word, *word | 1 << (x % 64));
            if before != 0 {
                break;
            }
            x /= 64;
        }
    }

    fn remove(&mut self, mut x: u32) {
        for level in &mut self.levels {
            let word = &mut level[x as usize / 64];
            *word &= !(1 << (x % 64));
            if *word != 0 {
                break;
            }
            x /= 64;
        }
    }

    fn last(&self) -> Option<u32> {
        let (top, lower) = self.levels.split_last()?;
        let highest = |word: u64| word.ilog2();
        let start = highest(*top.first().filter(|&&word| word != 0)?);
        Some(lower.iter().rev().fold(start, |x, level| 64 * x + highest(level[x as usize])))
    }
}
