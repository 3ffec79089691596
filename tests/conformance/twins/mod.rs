//! The twins, one for each network that is spoken to. To add one, write its file and add its line to [`make`].

mod bluesky;
mod discord;
mod email;
mod facebook;
mod ghost;
mod instagram;
mod linkedin;
mod mastodon;
mod meta;
mod nostr;
mod page;
mod site;
mod slack;
mod telegram;
mod threads;
mod webhook;
mod wordpress;
mod x;

use crate::twin::Twin;
use masthead::model::NetworkId;
use std::rc::Rc;

/// Makes the twin of a network, empty.
pub(crate) fn make(network: NetworkId) -> Option<Rc<dyn Twin>> {
    match network.as_str() {
        "bluesky" => Some(Rc::new(bluesky::Bluesky::default())),
        "discord" => Some(Rc::new(discord::DiscordTwin::new(discord::Flavour::Bot))),
        "discord-webhook" => Some(Rc::new(discord::DiscordTwin::new(discord::Flavour::Webhook))),
        "facebook" => Some(Rc::new(facebook::FacebookTwin::default())),
        "email" => Some(Rc::new(email::EmailTwin::default())),
        "ghost" => Some(Rc::new(ghost::GhostTwin::default())),
        "instagram" => Some(Rc::new(instagram::InstagramTwin::default())),
        "linkedin" => Some(Rc::new(linkedin::LinkedInTwin::new(linkedin::Flavour::Member))),
        "linkedin-page" => Some(Rc::new(linkedin::LinkedInTwin::new(linkedin::Flavour::Page))),
        "mastodon" => Some(Rc::new(mastodon::MastodonTwin::new())),
        "nostr" => Some(Rc::new(nostr::NostrTwin::default())),
        "slack" => Some(Rc::new(slack::SlackTwin::new(slack::Flavour::Bot))),
        "slack-webhook" => Some(Rc::new(slack::SlackTwin::new(slack::Flavour::Webhook))),
        "site" => Some(Rc::new(site::Nobody)),
        "telegram" => Some(Rc::new(telegram::TelegramTwin::new())),
        "threads" => Some(Rc::new(threads::ThreadsTwin::default())),
        "webhook" => Some(Rc::new(webhook::WebhookTwin::new())),
        "wordpress" => Some(Rc::new(wordpress::WordPressTwin::default())),
        "x" => Some(Rc::new(x::XTwin::new())),
        _ => None,
    }
}
