use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Numbers that follow from a seed. Clones draw from the same source.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    state: Arc<Mutex<u64>>,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: Arc::new(Mutex::new(seed.wrapping_mul(0x2545_F491_4F6C_DD1D))) }
    }

    /// Draws a number below `end`.
    pub(super) fn below(&self, end: u64) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Says yes that many times in a hundred.
    pub(super) fn percent(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Draws a time.
    pub(super) fn time(&self, least: Duration, most: Duration) -> Duration {
        least + Duration::from_millis(self.below(u64::try_from((most - least).as_millis()).expect("small") + 1))
    }
}
