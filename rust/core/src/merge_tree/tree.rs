//! The result: bars, and the branch of every vertex.

#[cfg(doc)]
use crate::NONE;

/// The bars of a function, one per minimum, as parallel arrays; a bar is named by its index.
///
/// Essential bars come first, by minimum, then the others by falling saddle; so a parent always stands before its
/// children, and the saddles on the way from child to parent rise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bars {
    /// The minimum: the vertex at which the bar is born.
    pub minimum: Vec<u32>,
    /// The vertex at which it dies, [`NONE`] for an essential bar.
    pub saddle: Vec<u32>,
    /// The bar of the oldest minimum of the component that forms at the saddle, [`NONE`] for an essential bar.
    pub parent: Vec<u32>,
    /// The number of vertices of its component just before it dies, the saddle not counted.
    pub size: Vec<u32>,
    /// The mean of value - birth over these vertices.
    pub mean_height: Vec<f64>,
}

impl Bars {
    /// The number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.minimum.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.minimum.is_empty()
    }

    pub(super) fn push(&mut self, minimum: u32, saddle: u32, parent: u32) -> u32 {
        self.minimum.push(minimum);
        self.saddle.push(saddle);
        self.parent.push(parent);
        self.minimum.len() as u32 - 1
    }
}

/// The minimum merge tree: the bars, and the branch of every vertex.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeTree {
    /// Of every vertex x: the bar of the oldest minimum of the component of {f <= f(x)} that contains it; [`NONE`] outside
    /// the domain.
    pub branch: Vec<u32>,
    /// The bars.
    pub bars: Bars,
}
