//! What may happen next.

use proptest::prelude::*;

use crate::cache::node::Name;

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A read whose load returns at once.
    Read {
        node: usize,
        name: Name,
    },
    /// A read whose load, if there is one, has read the source and does not return yet.
    Hold {
        node: usize,
        name: Name,
    },
    /// One of those loads returns.
    LetGo(usize),
    Write {
        node: usize,
        name: Name,
    },
    WriteNamespace {
        node: usize,
        namespace: u8,
    },
    /// Writes in both processes while both read.
    Storm {
        name: Name,
    },
    MoveClock {
        node: usize,
        milliseconds: u64,
    },
    Fault(Fault),
    /// Both processes have followed.
    Settle,
}

/// What happens to Redis.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Pause,
    Resume,
    Stop,
    Start,
    Flush,
    ForgetScripts,
    KillBoth,
    KillOne(usize),
    /// Spoils a key of this name.
    Spoil(Name, Part, Spoilt),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Value,
    Lease,
    Version,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Spoilt {
    Deleted,
    Expiring,
    Patched,
    Text,
    TextForAnHour,
    List,
}

fn name() -> impl Strategy<Value = Name> {
    (0..2_u8, 0..2_u32).prop_map(|(namespace, number)| Name { namespace, number })
}

fn fault() -> impl Strategy<Value = Fault> {
    let part = prop_oneof![3 => Just(Part::Value), 1 => Just(Part::Lease), 1 => Just(Part::Version)];
    let spoilt = prop_oneof![
        Just(Spoilt::Deleted),
        Just(Spoilt::Expiring),
        Just(Spoilt::Patched),
        Just(Spoilt::Text),
        Just(Spoilt::TextForAnHour),
        Just(Spoilt::List),
    ];
    prop_oneof![
        4 => Just(Fault::Pause),
        3 => Just(Fault::Resume),
        1 => Just(Fault::Stop),
        3 => Just(Fault::Start),
        2 => Just(Fault::Flush),
        1 => Just(Fault::ForgetScripts),
        2 => Just(Fault::KillBoth),
        2 => (0..2_usize).prop_map(Fault::KillOne),
        6 => (name(), part, spoilt).prop_map(|(name, part, spoilt)| Fault::Spoil(name, part, spoilt)),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let node = || 0..2_usize;
    prop_oneof![
        16 => (node(), name()).prop_map(|(node, name)| Step::Read { node, name }),
        8 => (node(), name()).prop_map(|(node, name)| Step::Hold { node, name }),
        8 => any::<usize>().prop_map(Step::LetGo),
        10 => (node(), name()).prop_map(|(node, name)| Step::Write { node, name }),
        4 => (node(), 0..2_u8).prop_map(|(node, namespace)| Step::WriteNamespace { node, namespace }),
        3 => name().prop_map(|name| Step::Storm { name }),
        2 => (node(), prop_oneof![Just(30), Just(3_595_000), Just(3_605_000), Just(7_200_000)])
            .prop_map(|(node, milliseconds)| Step::MoveClock { node, milliseconds }),
        10 => fault().prop_map(Step::Fault),
        4 => Just(Step::Settle),
    ]
}
