//! The specification: the textbook reduction, column by column, with the change of basis.

use super::column::{Column, add};
use super::field::Field;
use super::form::Form;
use crate::{Error, Monitor, NONE};

/// The canonical form of the complex with this boundary matrix, in the plainest way.
///
/// Method: every column of D in turn, from left to right, is cleared of the pivots of the columns before it, R = D V
/// (Edelsbrunner, Letscher & Zomorodian, "Topological persistence and simplification", 2002; Barannikov 1994 proves that
/// pairs and canonical form are unique). The columns of the change of basis T are `t_j = V_j` and `t_i = R_j = D V_j` for
/// a pair (i, j), and `t_i = V_i` for an essential cell i. So T is upper triangular and invertible, `D t_j = t_i`, and
/// `D t_i = 0`: T^-1 D T has a single 1 in the column of every death, in the row of its birth, and zeros elsewhere.
///
/// # Arguments
///
/// The columns of D, one per cell in filtration order: a complex, that is, faces before their cofaces and D D = 0
/// ([`check_boundary`](super::check_boundary)). With `basis`, T is made too.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(m^3) for m cells, serial; O(m^2) memory. On complexes of geometric origin both are near linear.
///
/// # Example
///
/// ```
/// use morsebar_core::{Monitor, NONE, canonical::{Prime, naive}};
/// // Two points and the edge between them.
/// let columns = [vec![], vec![], vec![(0, 2), (1, 1)]];
/// let form = naive::canonical_form(&columns, &Prime::new(3)?, true, &Monitor::new())?;
/// assert_eq!(form.pairs, [(0, NONE), (1, 2)]);
/// assert_eq!(form.basis.unwrap(), [vec![(0, 1)], vec![(0, 2), (1, 1)], vec![(2, 1)]]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn canonical_form<F: Field>(
    columns: &[Column<F::Element>],
    field: &F,
    basis: bool,
    monitor: &Monitor,
) -> Result<Form<F::Element>, Error> {
    let m = columns.len();
    monitor.expect(m as u64);
    let mut death_of = vec![NONE; m];
    let mut reduced: Vec<Column<F::Element>> = Vec::with_capacity(m);
    let mut change: Vec<Column<F::Element>> = Vec::with_capacity(m);
    let mut spare = Vec::new();
    for (j, column) in (0..).zip(columns) {
        let mut r = column.clone();
        let mut v = if basis { vec![(j, field.from_i64(1))] } else { Vec::new() };
        while let Some((pivot, x)) = r.last() {
            monitor.check()?;
            let death = &mut death_of[*pivot as usize];
            if *death == NONE {
                *death = j;
                break;
            }
            let (k, held) = (*death as usize, &reduced[*death as usize]);
            let factor = field.neg(&field.mul(x, &field.inverse(&held[held.len() - 1].1)));
            add(field, &mut r, &factor, held, &mut spare);
            add(field, &mut v, &factor, &change[k], &mut spare);
        }
        reduced.push(r);
        change.push(v);
        monitor.advance(1);
    }

    let is_death: Vec<bool> = reduced.iter().map(|r| !r.is_empty()).collect();
    let births = (0..m as u32).filter(|&i| !is_death[i as usize]);
    let pairs: Vec<_> = births.map(|i| (i, death_of[i as usize])).collect();
    if basis {
        for &(birth, death) in pairs.iter().filter(|pair| pair.1 != NONE) {
            change[birth as usize] = std::mem::take(&mut reduced[death as usize]);
        }
    }
    Ok(Form { pairs, basis: basis.then_some(change) })
}
