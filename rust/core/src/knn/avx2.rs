//! The same search on AVX2, with the lists of `f32` in registers.
//!
//! This is the one module of the crate with unsafe code. Proof: an [`Avx2`] exists only on a machine that has AVX2
//! ([`Avx2::detect`] is its only source), so calling functions compiled for it is sound; loads and stores go through
//! references to arrays of exactly the width of a register.
#![allow(unsafe_code, reason = "see the documentation of the module")]

use super::best::{Best, Lists, SHORT, Sorted};
use super::lanes::{Lanes, Path};
use super::scalar::Scalar;
use super::search::{Query, Scratch, search};
use super::tree::{FAN, LEAF};
use std::arch::x86_64::{
    __m256, __m256d, _CMP_LE_OQ, _mm256_add_pd, _mm256_add_ps, _mm256_blend_pd, _mm256_cmp_pd, _mm256_cmp_ps,
    _mm256_loadu_pd, _mm256_loadu_ps, _mm256_max_pd, _mm256_max_ps, _mm256_min_pd, _mm256_movemask_pd,
    _mm256_movemask_ps, _mm256_mul_pd, _mm256_mul_ps, _mm256_permute4x64_pd, _mm256_set1_pd, _mm256_set1_ps,
    _mm256_setzero_pd, _mm256_storeu_pd, _mm256_storeu_ps, _mm256_sub_pd, _mm256_sub_ps,
};

/// Says that the machine has AVX2.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// [`search`], compiled for AVX2.
    pub(super) fn search<S: Scalar, const D: usize, B: Best<S>>(
        self,
        query: &Query<'_, S>,
        own: usize,
        best: &mut B,
        scratch: &mut Scratch<S>,
    ) {
        #[target_feature(enable = "avx2")]
        fn compiled<S: Scalar, const D: usize, B: Best<S>>(
            query: &Query<'_, S>,
            own: usize,
            best: &mut B,
            scratch: &mut Scratch<S>,
            path: Avx2,
        ) {
            search::<S, D, B, Avx2>(query, own, best, scratch, path);
        }
        // SAFETY: the machine has AVX2.
        unsafe { compiled::<S, D, B>(query, own, best, scratch, self) }
    }
}

/// Numbers that have registers on AVX2.
pub trait Wide: Sized {
    /// Registers of a leaf.
    type Leaf: Lanes<Self, LEAF, Avx2>;
    /// Registers of the children of a node.
    type Fan: Lanes<Self, FAN, Avx2>;
}

impl Wide for f32 {
    type Leaf = [__m256; LEAF / 8];
    type Fan = [__m256; FAN / 8];
}

impl Wide for f64 {
    type Leaf = [__m256d; LEAF / 4];
    type Fan = [__m256d; FAN / 4];
}
/// [`Lanes`] of registers: their type, how many numbers they hold, and the instructions.
macro_rules! lanes {
    ($register:ty, $number:ty, $width:literal, $load:ident, $splat:ident, $store:ident, $add:ident, $sub:ident, $mul:ident,
     $max:ident, $cmp:ident, $mask:ident) => {
        impl<const R: usize, const N: usize> Lanes<$number, N, Avx2> for [$register; R] {
            #[inline(always)]
            fn load(_: Avx2, numbers: &[$number; N]) -> Self {
                const { assert!(N == $width * R) }
                // SAFETY: the array is as long as R registers.
                std::array::from_fn(|r| unsafe { $load(numbers.as_ptr().add($width * r)) })
            }
            #[inline(always)]
            fn splat(_: Avx2, number: $number) -> Self {
                // SAFETY: here and below, there are registers only where there is an `Avx2`.
                [unsafe { $splat(number) }; R]
            }
            #[inline(always)]
            fn store(self, numbers: &mut [$number; N]) {
                const { assert!(N == $width * R) }
                for (r, register) in self.into_iter().enumerate() {
                    // SAFETY: as for `load`.
                    unsafe { $store(numbers.as_mut_ptr().add($width * r), register) }
                }
            }
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                std::array::from_fn(|r| unsafe { $add(self[r], other[r]) })
            }
            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                std::array::from_fn(|r| unsafe { $sub(self[r], other[r]) })
            }
            #[inline(always)]
            fn times(self, other: Self) -> Self {
                std::array::from_fn(|r| unsafe { $mul(self[r], other[r]) })
            }
            #[inline(always)]
            fn greatest(self, other: Self) -> Self {
                std::array::from_fn(|r| unsafe { $max(self[r], other[r]) })
            }
            #[inline(always)]
            fn at_most(self, other: Self) -> u32 {
                (0..R).fold(0, |mask, r| {
                    let lower = unsafe { $mask($cmp::<_CMP_LE_OQ>(self[r], other[r])) };
                    mask | (lower as u32) << ($width * r)
                })
            }
        }
    };
}

lanes!(
    __m256,
    f32,
    8,
    _mm256_loadu_ps,
    _mm256_set1_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_max_ps,
    _mm256_cmp_ps,
    _mm256_movemask_ps
);
lanes!(
    __m256d,
    f64,
    4,
    _mm256_loadu_pd,
    _mm256_set1_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_max_pd,
    _mm256_cmp_pd,
    _mm256_movemask_pd
);

impl<S: Scalar> Path<S> for Avx2 {
    type Leaf = S::Leaf;
    type Fan = S::Fan;
}

/// Inserts into one list of a fixed number of registers.
type Insert<S> = fn(Avx2, &mut [<S as Scalar>::Packed], &[S; LEAF], &[u32; LEAF], u32);

/// Sorted lists of `f32`, each held in registers while points are inserted.
///
/// Packed pairs are positive normal numbers read as `f64`, which sort like the integers. A list takes `v` by
/// `new[j] = min(old[j], max(old[j - 1], v))`: nothing is branched on.
pub(super) struct Registers<S: Scalar> {
    sorted: Sorted<S>,
    insert: Insert<S>,
    machine: Avx2,
}

impl<S: Scalar> Registers<S> {
    /// Lists of `k`, at most [`SHORT`]; for `f32` alone.
    pub(super) fn new(machine: Avx2, k: usize) -> Option<Self> {
        let inserts: [Insert<S>; SHORT / 4] = [
            insert::<S, 1>,
            insert::<S, 2>,
            insert::<S, 3>,
            insert::<S, 4>,
            insert::<S, 5>,
            insert::<S, 6>,
            insert::<S, 7>,
            insert::<S, 8>,
            insert::<S, 9>,
            insert::<S, 10>,
            insert::<S, 11>,
            insert::<S, 12>,
            insert::<S, 13>,
            insert::<S, 14>,
            insert::<S, 15>,
            insert::<S, 16>,
        ];
        let registers = k.div_ceil(4);
        let mut sorted = Sorted::new(k, 4 * registers);
        S::words(&mut sorted.lists)?;
        Some(Self { sorted, insert: inserts[registers - 1], machine })
    }
}

impl<S: Scalar> Best<S> for Registers<S> {
    fn begin(&mut self) -> [S; LEAF] {
        self.sorted.begin()
    }

    #[inline(always)]
    fn offer(&mut self, query: usize, distances: &[S; LEAF], ids: &[u32; LEAF], mask: u32) -> (S, u32) {
        let Sorted { k, room, lists } = &mut self.sorted;
        let list = &mut lists[query * *room..(query + 1) * *room];
        (self.insert)(self.machine, list, distances, ids, mask);
        S::unpack(list[*k - 1])
    }
}

impl<S: Scalar> Lists<S> for Registers<S> {
    fn list(&mut self, query: usize) -> &[S::Packed] {
        self.sorted.list(query)
    }
}

fn insert<S: Scalar, const R: usize>(
    _: Avx2,
    list: &mut [S::Packed],
    distances: &[S; LEAF],
    ids: &[u32; LEAF],
    mask: u32,
) {
    #[target_feature(enable = "avx2")]
    fn compiled<const R: usize>(list: &mut [[u64; 4]; R], mut mask: u32, packed: impl Fn(usize) -> u64) {
        // SAFETY: four numbers of 64 bits, here and in the store.
        let mut best: [__m256d; R] = std::array::from_fn(|r| unsafe { _mm256_loadu_pd(list[r].as_ptr().cast()) });
        while mask != 0 {
            let lane = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let v = _mm256_set1_pd(f64::from_bits(packed(lane)));
            // Lanes rotated up by one: what is to the left of each, and of the first of the next register.
            let mut before = _mm256_setzero_pd();
            for old in &mut best {
                let rotated = _mm256_permute4x64_pd::<0b10_01_00_11>(*old);
                let left = _mm256_blend_pd::<1>(rotated, before);
                *old = _mm256_min_pd(*old, _mm256_max_pd(left, v));
                before = rotated;
            }
        }
        for (four, best) in list.iter_mut().zip(best) {
            unsafe { _mm256_storeu_pd(four.as_mut_ptr().cast(), best) }
        }
    }
    let words = S::words(list).and_then(|words| words.as_chunks_mut::<4>().0.first_chunk_mut::<R>());
    let word = |lane: usize| S::words(&mut [distances[lane].pack(ids[lane])]).map_or(0, |words| words[0]);
    // SAFETY: the machine has AVX2.
    unsafe { compiled::<R>(words.expect("a list of R registers of words"), mask, word) }
}
