// SPDX-License-Identifier: GPL-3.0-or-later
//! Tells who subscribed that figures changed, and only then.
//!
//! Both eras are here: clients that began with `initialize` subscribe to one address after another and
//! hear of a changed list once they have asked for it; later ones say in one request all that they want
//! to hear of.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use octally_core::sync::Depth;
use rmcp::RoleServer;
use rmcp::model::{RequestId, ResourceUpdatedNotificationParam};
use rmcp::service::{Peer, SubscriptionSink};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::desk::{Books, Desk};
use crate::resources::{self, Address};
use crate::trouble::Trouble;

/// At most so many addresses are watched.
const MAX_ADDRESSES: usize = 100;
/// At most so many listening requests are open.
const MAX_LISTENERS: usize = 8;
/// At most ten announcements a second.
const PAUSE: Duration = Duration::from_millis(100);

/// Who wants to hear of what. Cheap to clone.
#[derive(Clone, Default)]
pub struct Subscriptions(Arc<Mutex<Wishes>>);

#[derive(Default)]
struct Wishes {
    /// Each watched address with the digest of what was last told of it.
    addresses: BTreeMap<String, u64>,
    /// The digest of the list of resources, once anybody may hear of it.
    list: Option<u64>,
    /// The client that began with `initialize`, with the addresses it subscribed to.
    peer: Option<(Peer<RoleServer>, Vec<String>)>,
    listeners: Vec<SubscriptionSink>,
}

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
struct Look {
    uris: Vec<String>,
    with_list: bool,
}

/// What was seen: digests.
struct Seen {
    addresses: Vec<(String, u64)>,
    list: Option<u64>,
}

impl Subscriptions {
    fn lock(&self) -> MutexGuard<'_, Wishes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for `more` addresses.
    fn check_room(&self, more: usize) -> Result<(), Trouble> {
        if self.lock().addresses.len() + more > MAX_ADDRESSES {
            let what = format!("no more than {MAX_ADDRESSES} resources can be subscribed to");
            return Err(Trouble::Question(what));
        }
        Ok(())
    }

    /// Subscribes a client of the first era to an address.
    ///
    /// # Errors
    /// There is no such resource, or there are too many.
    pub async fn subscribe(
        &self,
        desk: &Desk,
        peer: Peer<RoleServer>,
        uri: String,
    ) -> Result<(), Trouble> {
        self.check_room(1)?;
        let seen = look(desk, Look::of(vec![uri.clone()], false)).await?;
        let mut wishes = self.lock();
        wishes.remember(seen);
        let (_, uris) = wishes.peer.get_or_insert((peer, Vec::new()));
        if !uris.contains(&uri) {
            uris.push(uri);
        }
        Ok(())
    }

    /// Ends such a subscription; ending one that never was is no error.
    pub fn unsubscribe(&self, uri: &str) {
        let mut wishes = self.lock();
        if let Some((_, uris)) = &mut wishes.peer {
            uris.retain(|known| known != uri);
        }
        wishes.forget_unwanted();
    }

    /// A client of the first era has the list, and wants to hear when it changes.
    pub fn has_list(&self, peer: Peer<RoleServer>, list: &[rmcp::model::Resource]) {
        let mut wishes = self.lock();
        wishes.list = Some(digest_of_list(list));
        wishes.peer.get_or_insert((peer, Vec::new()));
    }

    /// Begins to tell a client of the later era.
    ///
    /// # Errors
    /// There is no such resource, or there are too many.
    pub async fn listen(&self, desk: &Desk, sink: SubscriptionSink) -> Result<(), Trouble> {
        let accepted = sink.accepted();
        let uris = accepted.resource_subscriptions.clone().unwrap_or_default();
        let with_list = accepted.resources_list_changed == Some(true);
        self.check_room(uris.len())?;
        if self.lock().listeners.len() >= MAX_LISTENERS {
            let what = format!("no more than {MAX_LISTENERS} subscriptions can be open");
            return Err(Trouble::Question(what));
        }
        let seen = look(desk, Look::of(uris, with_list)).await?;
        let mut wishes = self.lock();
        wishes.remember(seen);
        wishes.listeners.push(sink);
        Ok(())
    }

    /// Tells such a client no more.
    pub fn end(&self, id: &RequestId) {
        let mut wishes = self.lock();
        wishes.listeners.retain(|listener| listener.id() != id);
        wishes.forget_unwanted();
    }

    fn wanted(&self) -> Look {
        let wishes = self.lock();
        Look {
            uris: wishes.addresses.keys().cloned().collect(),
            with_list: wishes.list.is_some(),
        }
    }

    /// Takes in what was seen and returns what of it is new.
    fn news(&self, seen: &Seen) -> (Vec<String>, bool) {
        let mut wishes = self.lock();
        let mut changed = Vec::new();
        for (uri, digest) in &seen.addresses {
            if let Some(told) = wishes.addresses.get_mut(uri)
                && *told != *digest
            {
                *told = *digest;
                changed.push(uri.clone());
            }
        }
        let is_new_list = wishes.list.is_some() && seen.list.is_some() && wishes.list != seen.list;
        if is_new_list {
            wishes.list = seen.list;
        }
        (changed, is_new_list)
    }

    async fn tell(&self, changed: Vec<String>, is_new_list: bool) {
        let (peer, listeners) = {
            let wishes = self.lock();
            (wishes.peer.clone(), wishes.listeners.clone())
        };
        // A client that went while it was told needs to hear nothing more.
        for uri in changed {
            if let Some((peer, uris)) = &peer
                && uris.contains(&uri)
            {
                let param = ResourceUpdatedNotificationParam::new(uri.clone());
                let _ = peer.notify_resource_updated(param).await;
            }
            for listener in &listeners {
                let _ = listener.notify_resource_updated(uri.clone()).await;
            }
        }
        if is_new_list {
            if let Some((peer, _)) = &peer {
                let _ = peer.notify_resource_list_changed().await;
            }
            for listener in &listeners {
                let _ = listener.notify_resource_list_changed().await;
            }
        }
    }
}

impl Wishes {
    /// What a new subscriber has as the state from which changes count.
    fn remember(&mut self, seen: Seen) {
        for (uri, digest) in seen.addresses {
            self.addresses.entry(uri).or_insert(digest);
        }
        self.list = self.list.or(seen.list);
    }

    fn forget_unwanted(&mut self) {
        let Self {
            addresses,
            peer,
            listeners,
            ..
        } = self;
        addresses.retain(|uri, _| {
            let by_peer = peer.as_ref().is_some_and(|(_, uris)| uris.contains(uri));
            let by_listener = listeners.iter().any(|listener| {
                let uris = listener.accepted().resource_subscriptions.as_ref();
                uris.is_some_and(|uris| uris.contains(uri))
            });
            by_peer || by_listener
        });
    }
}

impl Look {
    fn of(uris: Vec<String>, with_list: bool) -> Self {
        Self { uris, with_list }
    }

    fn is_empty(&self) -> bool {
        self.uris.is_empty() && !self.with_list
    }
}

/// Looks again after each change and tells who wants to know, until there are no more changes.
pub async fn run(desk: Desk, subscriptions: Subscriptions, mut changes: mpsc::Receiver<Depth>) {
    while let Some(mut depth) = changes.recv().await {
        // Several changes in a row are one.
        while let Ok(another) = changes.try_recv() {
            if another == Depth::Thorough {
                depth = another;
            }
        }
        let wanted = subscriptions.wanted();
        if wanted.is_empty() {
            continue;
        }
        if let Ok(seen) = look_after(&desk, depth, wanted).await {
            let (changed, is_new_list) = subscriptions.news(&seen);
            subscriptions.tell(changed, is_new_list).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// For a new subscriber, who is told at once of what is not there.
async fn look(desk: &Desk, look: Look) -> Result<Seen, Trouble> {
    desk.ask(move |books| {
        for uri in &look.uris {
            resources::read(books, &Address::parse(uri)?)?;
        }
        see(books, look)
    })
    .await
}

async fn look_after(desk: &Desk, depth: Depth, look: Look) -> Result<Seen, Trouble> {
    desk.ask(move |books| {
        books.read(depth)?;
        see(books, look)
    })
    .await
}

fn see(books: &mut Books, look: Look) -> Result<Seen, Trouble> {
    let mut addresses = Vec::new();
    for uri in look.uris {
        let found = Address::parse(&uri).and_then(|address| resources::read(books, &address));
        // One that cannot be read any more, as a project whose name is now another's too, has changed;
        // the others are still to be told.
        let digest = found.map_or_else(|trouble| digest(&trouble.to_string()), digest_of);
        addresses.push((uri, digest));
    }
    let list = match look.with_list {
        true => Some(digest_of_list(&resources::listed(books)?)),
        false => None,
    };
    Ok(Seen { addresses, list })
}

/// A digest of the figures. How long they have been fresh is not one of them.
fn digest_of(mut value: Value) -> u64 {
    if let Some(since_at) = value.pointer_mut("/freshness/since_at") {
        *since_at = Value::Null;
    }
    digest(&value.to_string())
}

/// A digest of which resources there are, whatever their order.
fn digest_of_list(list: &[rmcp::model::Resource]) -> u64 {
    let mut uris: Vec<&str> = list.iter().map(|resource| resource.uri.as_str()).collect();
    uris.sort_unstable();
    digest(&uris)
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
