//! What has happened.
//!
//! Owns the events of the ledger, their versioned codec, the paths that they live at, and [`fold`], which turns them into
//! the state of every delivery. It does not know where they are kept: that is behind [`Store`], which `workspace`
//! implements with a git branch. Start at [`Event`] and [`Ledger`].

mod brake;
mod codec;
mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod fold;
mod memory;
mod path;
mod state;
mod store;

pub(crate) use self::fold::fold_delivery;
pub use self::{
    brake::{Brake, BrakeEvent, Braking, decode_brake, encode_brake, fold_brakes},
    codec::{CodecError, VERSION, decode, decode_genesis, encode, encode_genesis},
    event::{Actor, Event, EventId, Genesis, Happening, PartKey, excerpt},
    fold::fold,
    memory::MemoryStore,
    path::{
        EventPath, FREEZES, FileName, GENESIS, POSTS, brake_file_name, escape, event_path, file_name,
        parse_brake_file_name, parse_file_name, parse_path, post_folder,
    },
    state::{DeliveryKey, DeliveryState, Intent, Ledger, PartState, Published},
    store::{Append, Appended, Store, StoreError, StoreProblem},
};
