//! Climbing the forest of bars in logarithmic time.

use crate::NONE;

/// Every bar's parent, a longer jump towards its root, and its depth (Myers, "An applicative random-access stack", 1983).
///
/// O(m) to build and to store; a climb to any ancestor takes O(log m) steps.
pub(super) struct Ancestors<'a> {
    parent: &'a [u32],
    jump: Vec<u32>,
    depth: Vec<u32>,
}

impl<'a> Ancestors<'a> {
    /// `parent[bar] < bar`, or [`NONE`] at the roots.
    pub(super) fn new(parent: &'a [u32]) -> Self {
        let mut jump: Vec<u32> = vec![0; parent.len()];
        let mut depth: Vec<u32> = vec![0; parent.len()];
        for (bar, &up) in parent.iter().enumerate() {
            if up == NONE {
                jump[bar] = bar as u32; // a root jumps to itself, a jump of length 0
                continue;
            }
            let up = up as usize;
            let far = jump[up] as usize;
            let further = jump[far];
            // Two jumps of equal length and a step make one longer jump.
            let equal = depth[up] - depth[far] == depth[far] - depth[further as usize];
            jump[bar] = if equal { further } else { up as u32 };
            depth[bar] = depth[up] + 1;
        }
        Self { parent, jump, depth }
    }

    /// Goes up from `bar` as long as `leave` is true of the bar reached and it has a parent. `leave` must be false of
    /// every ancestor of a bar of which it is false.
    pub(super) fn climb(&self, mut bar: u32, leave: impl Fn(u32) -> bool) -> u32 {
        while self.parent[bar as usize] != NONE && leave(bar) {
            let far = self.jump[bar as usize];
            bar = if leave(far) { far } else { self.parent[bar as usize] };
        }
        bar
    }

    /// The children of the lowest common ancestor of `a` and `b` on the ways to `a` and to `b`, [`NONE`] on a side that
    /// is the ancestor itself; `None` if they have no common ancestor.
    pub(super) fn below_meeting(&self, mut a: u32, mut b: u32) -> Option<[u32; 2]> {
        let mut below = [NONE; 2];
        let level = self.depth[a as usize].min(self.depth[b as usize]);
        for (bar, below) in [&mut a, &mut b].into_iter().zip(&mut below) {
            if self.depth[*bar as usize] > level {
                *below = self.climb(*bar, |bar| self.depth[bar as usize] > level + 1);
                *bar = self.parent[*below as usize];
            }
        }
        while a != b {
            let (far_a, far_b) = (self.jump[a as usize], self.jump[b as usize]);
            // Bars of equal depth have jumps of equal length.
            if far_a == far_b {
                below = [a, b];
                (a, b) = (self.parent[a as usize], self.parent[b as usize]);
            } else if self.parent[a as usize] == NONE {
                return None;
            } else {
                (a, b) = (far_a, far_b);
            }
        }
        Some(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_walking() {
        let mut state = 1u64;
        let mut random = move |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32 % below
        };
        for round in 0..200u32 {
            let m = 1 + random(60);
            // Every third round is one long chain, where walks are longest.
            let parent: Vec<u32> = (0..m)
                .map(|bar| match (bar, round % 3) {
                    (0, _) => NONE,
                    (_, 0) => bar - 1,
                    _ if random(9) == 0 => NONE,
                    _ => random(bar),
                })
                .collect();
            let way = |bar: u32| -> Vec<u32> {
                std::iter::successors(Some(bar), |&bar| Some(parent[bar as usize]).filter(|&up| up != NONE)).collect()
            };
            let ancestors = Ancestors::new(&parent);
            for a in 0..m {
                for b in 0..m {
                    let stop = way(a).into_iter().find(|&bar| bar <= b).unwrap_or(way(a)[way(a).len() - 1]);
                    assert_eq!(ancestors.climb(a, |bar| bar > b), stop);
                    let (way_a, way_b) = (way(a), way(b));
                    let meeting = way_a.iter().find(|bar| way_b.contains(bar));
                    let below = |way: &[u32]| {
                        let at = way.iter().position(|bar| Some(bar) == meeting);
                        at.map(|at| if at == 0 { NONE } else { way[at - 1] })
                    };
                    let expected = below(&way_a).zip(below(&way_b)).map(<[u32; 2]>::from);
                    assert_eq!(ancestors.below_meeting(a, b), expected, "{a} {b} {parent:?}");
                }
            }
        }
    }
}
