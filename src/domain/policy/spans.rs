//! Places in a message, kept so that a question about one place is a search and not a pass over
//! the whole: which bytes are taken, and which marks stand there. A pasted log has thousands of
//! both. What the marks mean is not known here.

use crate::domain::policy::lexicon::Hit;
use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;

/// Bytes of a text that are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// One for each byte up to the last that is taken.
    taken: Vec<bool>,
}

impl Spans {
    /// Takes the bytes from `start` to before `end`.
    pub fn add(&mut self, start: usize, end: usize) {
        if self.taken.len() < end {
            self.taken.resize(end, false);
        }
        if let Some(bytes) = self.taken.get_mut(start..end) {
            bytes.fill(true);
        }
    }

    /// Whether one of the bytes from `start` to before `end` is taken.
    pub fn overlap(&self, start: usize, end: usize) -> bool {
        self.taken.get(start..end.min(self.taken.len())).is_some_and(|bytes| bytes.contains(&true))
    }
}

impl Extend<(usize, usize)> for Spans {
    fn extend<I: IntoIterator<Item = (usize, usize)>>(&mut self, spans: I) {
        spans.into_iter().for_each(|(start, end)| self.add(start, end));
    }
}

/// The marks of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// By start, the longer first.
    list: Vec<Hit>,
    /// Bytes of the longest.
    longest: usize,
    /// A bit for each word list that has a hit.
    lists: u64,
}

impl Hits {
    /// Takes hits that are ordered by start, the longer first.
    pub fn new(list: Vec<Hit>) -> Self {
        let longest = list.iter().map(|hit| hit.end - hit.start).max().unwrap_or(0);
        let bit = |hit: &Hit| if let Mark::List(list) = hit.mark { 1_u64 << list as u32 } else { 0 };
        let lists = list.iter().map(bit).fold(0, std::ops::BitOr::bitor);
        Self { list, longest, lists }
    }

    /// All of them, by start, the longer first.
    pub fn iter(&self) -> std::slice::Iter<'_, Hit> {
        self.list.iter()
    }

    /// Whether a word of this list stands anywhere.
    pub fn has(&self, list: List) -> bool {
        self.lists & (1_u64 << list as u32) != 0
    }

    /// Those that begin at a byte between `first` and `last`, both included.
    pub fn starting(&self, first: usize, last: usize) -> &[Hit] {
        let from = self.list.partition_point(|hit| hit.start < first);
        let to = self.list.partition_point(|hit| hit.start <= last);
        self.list.get(from..to).unwrap_or_default()
    }

    /// Those that begin at `last` or before and end at `first` or after, and a few before them.
    pub fn near(&self, first: usize, last: usize) -> &[Hit] {
        self.starting(first.saturating_sub(self.longest), last)
    }

    /// Whether a longer hit of such a mark covers this one.
    pub fn cover(&self, hit: &Hit, of: impl Fn(Mark) -> bool) -> bool {
        self.near(hit.end, hit.start).iter().any(|other| {
            of(other.mark)
                && other.start <= hit.start
                && other.end >= hit.end
                && other.end - other.start > hit.end - hit.start
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lang::Lang;

    #[test]
    fn spans_say_which_bytes_are_taken() {
        let mut spans = Spans::default();
        spans.extend([(10, 14), (2, 4), (12, 20)]);
        for (start, end, taken) in
            [(0, 2, false), (0, 3, true), (3, 4, true), (4, 10, false), (19, 40, true), (20, 30, false), (0, 99, true)]
        {
            assert_eq!(spans.overlap(start, end), taken, "{start}..{end}");
        }
        assert!(!Spans::default().overlap(0, 1));
    }

    #[test]
    fn hits_are_found_by_their_place() {
        let hit = |start, end, list| Hit { start, end, mark: Mark::List(list), lang: Lang::En };
        let hits = Hits::new(vec![hit(0, 9, List::Ask), hit(0, 4, List::Stop), hit(5, 9, List::Stop)]);
        assert!(hits.has(List::Ask) && !hits.has(List::Number));
        assert_eq!(hits.starting(0, 4).len(), 2);
        assert_eq!(hits.starting(5, 5), [hit(5, 9, List::Stop)]);
        assert_eq!(hits.near(9, 5).len(), 3);
        assert!(hits.cover(&hit(5, 9, List::Stop), |mark| mark == Mark::List(List::Ask)));
        assert!(!hits.cover(&hit(0, 9, List::Ask), |_| true));
        assert_eq!(Hits::default().near(usize::MAX, usize::MAX), []);
    }
}
