//! The same work on many folders, on every processor, with the results in the order of the folders.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

/// Fewer folders than this for each thread are done sooner than the thread is started.
const WORTH_A_THREAD: usize = 16;

/// Does the work on every item. After a fault no further item is begun, and of several faults the
/// first in the order of the items is returned.
pub(super) fn each<'t, T: Sync, R: Send>(
    items: &'t [T],
    work: impl Fn(&'t T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let threads = items.len() / WORTH_A_THREAD;
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let threads = threads.min(thread::available_parallelism().map_or(1, NonZero::get));
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let run = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(item);
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            done.push((index, result));
        }
        done
    };
    let mut results = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut results = run();
        for other in others {
            match other.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let doubled = each(&items, |item| Ok(item * 2)).unwrap();
        assert_eq!(doubled, (0..1000).map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_fault_ends_the_work() {
        let items: Vec<usize> = (0..2000).collect();
        let begun = AtomicUsize::new(0);
        let result = each(&items, |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            ensure!(*item != 10, "fault");
            thread::sleep(std::time::Duration::from_millis(1));
            Ok(())
        });
        assert_eq!(result.unwrap_err().to_string(), "fault");
        assert!(begun.into_inner() < items.len());
    }
}
