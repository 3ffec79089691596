/// How much a workspace's templates may make the program take, beyond what its posts need.
const ROOM: u64 = 1 << 30;

/// How much a post needs at most, on average.
const POST: u64 = 64 << 10;

/// Bounds the memory that the program may take from here on, since templates of a workspace are going to be filled. Steps are
/// counted, but a few of them are enough to make gigabytes of a word. Whoever tries ends the program instead of taking the
/// machine down.
///
/// The system keeps the bound, where it can.
pub(super) fn bound(posts: usize) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let most = ROOM + POST.saturating_mul(u64::try_from(posts).unwrap_or(u64::MAX));
        let Rlimit { maximum, .. } = getrlimit(Resource::Data);
        let current = Some(maximum.map_or(most, |maximum| most.min(maximum)));
        // Without it, there is what the system lets any program take.
        let _ = setrlimit(Resource::Data, Rlimit { current, maximum });
    }
    #[cfg(not(unix))]
    let _ = posts;
}
