//! Sets that are merged.

/// Disjoint sets of `0..n`, each named by one of its elements: of two that are merged, by that of the elder.
///
/// Path halving alone: O(log n) a look on average, no recursion.
#[derive(Debug)]
pub(crate) struct UnionFind {
    up: Vec<u32>,
}

impl UnionFind {
    /// Every element by itself.
    pub(crate) fn new(n: usize) -> Self {
        Self { up: (0..n as u32).collect() }
    }

    /// The element that names the set of `x`.
    #[inline]
    pub(crate) fn find(&mut self, mut x: u32) -> u32 {
        while self.up[x as usize] != x {
            let next = self.up[self.up[x as usize] as usize];
            self.up[x as usize] = next;
            x = next;
        }
        x
    }

    /// Merges two sets, given by the elements that name them; the elder names both.
    pub(crate) fn hang(&mut self, younger: u32, elder: u32) {
        self.up[younger as usize] = elder;
    }

    /// Whether `x` names its set.
    pub(crate) fn is_eldest(&self, x: u32) -> bool {
        self.up[x as usize] == x
    }
}
