//! A store with stable small ids and reuse.

/// Items by id; ids of removed items are used again.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
}

// === impl Slots ===

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    /// Ids ever given out: all ids are below it.
    #[inline]
    pub(crate) const fn bound(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn insert(&mut self, item: T) -> u32 {
        if let Some(id) = self.free.pop()
            && let Some(slot) = self.items.get_mut(id as usize)
        {
            *slot = Some(item);
            return id;
        }
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(Some(item));
        id
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let item = self.items.get_mut(id as usize)?.take()?;
        self.free.push(id);
        Some(item)
    }

    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.items.get(id as usize)?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.items.get_mut(id as usize)?.as_mut()
    }
}
