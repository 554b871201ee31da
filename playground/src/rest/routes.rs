//! The table of routes: method, path, who may call it, and the function that answers.
//! Never answers itself. What is not in the table is unknown, and said loudly.

use super::{
    call::{Call, Outcome, decode},
    channels, commands, guilds, interactions, me, messages, pins, reactions, threads, webhooks,
};
use crate::state::State;

/// A function that answers one route.
pub(super) type Handler = fn(&mut State, &Call) -> Outcome;

/// One route.
pub(super) struct Route {
    method: &'static str,
    /// Parts in braces are open.
    pub path: &'static str,
    pub needs_token: bool,
    pub handler: Handler,
}

const fn bot(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route { method, path, needs_token: true, handler }
}

const fn open(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route { method, path, needs_token: false, handler }
}

/// Literal parts stand before open ones.
const ROUTES: &[Route] = &[
    open("GET", "/gateway", me::gateway),
    bot("GET", "/gateway/bot", me::gateway_bot),
    bot("GET", "/users/@me", me::user),
    bot("GET", "/users/@me/guilds", me::guilds),
    bot("POST", "/users/@me/channels", me::open_dm),
    bot("GET", "/users/{user}", me::other_user),
    bot("GET", "/applications/@me", me::application),
    bot("GET", "/oauth2/applications/@me", me::application),
    bot("GET", "/applications/{app}/commands", commands::list),
    bot("PUT", "/applications/{app}/commands", commands::overwrite),
    bot("POST", "/applications/{app}/commands", commands::create),
    bot("GET", "/applications/{app}/commands/{command}", commands::get),
    bot("DELETE", "/applications/{app}/commands/{command}", commands::delete),
    bot("GET", "/applications/{app}/guilds/{guild}/commands", commands::list),
    bot("PUT", "/applications/{app}/guilds/{guild}/commands", commands::overwrite),
    bot("POST", "/applications/{app}/guilds/{guild}/commands", commands::create),
    bot("GET", "/guilds/{guild}", guilds::get),
    bot("GET", "/guilds/{guild}/channels", guilds::channels),
    bot("POST", "/guilds/{guild}/channels", channels::create),
    bot("GET", "/guilds/{guild}/roles", guilds::roles),
    bot("GET", "/guilds/{guild}/threads/active", threads::active),
    bot("GET", "/guilds/{guild}/webhooks", webhooks::of_guild),
    bot("GET", "/guilds/{guild}/members", guilds::members),
    bot("GET", "/guilds/{guild}/members/search", guilds::search),
    bot("GET", "/guilds/{guild}/members/{user}", guilds::member),
    bot("PUT", "/guilds/{guild}/members/{user}/roles/{role}", guilds::give_role),
    bot("DELETE", "/guilds/{guild}/members/{user}/roles/{role}", guilds::take_role),
    bot("GET", "/channels/{channel}", channels::get),
    bot("PATCH", "/channels/{channel}", channels::edit),
    bot("DELETE", "/channels/{channel}", channels::delete),
    bot("PUT", "/channels/{channel}/permissions/{overwrite}", channels::put_overwrite),
    bot("DELETE", "/channels/{channel}/permissions/{overwrite}", channels::delete_overwrite),
    bot("POST", "/channels/{channel}/typing", messages::typing),
    bot("GET", "/channels/{channel}/webhooks", webhooks::of_channel),
    bot("POST", "/channels/{channel}/webhooks", webhooks::create),
    bot("GET", "/channels/{channel}/pins", pins::old_list),
    bot("PUT", "/channels/{channel}/pins/{message}", pins::pin),
    bot("DELETE", "/channels/{channel}/pins/{message}", pins::unpin),
    bot("GET", "/channels/{channel}/messages/pins", pins::list),
    bot("PUT", "/channels/{channel}/messages/pins/{message}", pins::pin),
    bot("DELETE", "/channels/{channel}/messages/pins/{message}", pins::unpin),
    bot("GET", "/channels/{channel}/messages", messages::list),
    bot("POST", "/channels/{channel}/messages", messages::create),
    bot("GET", "/channels/{channel}/messages/{message}", messages::get),
    bot("PATCH", "/channels/{channel}/messages/{message}", messages::edit),
    bot("DELETE", "/channels/{channel}/messages/{message}", messages::delete),
    bot("PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me", reactions::add),
    bot("DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me", reactions::remove_own),
    bot("DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji}/{user}", reactions::remove_other),
    bot("GET", "/channels/{channel}/messages/{message}/reactions/{emoji}", reactions::users),
    bot("DELETE", "/channels/{channel}/messages/{message}/reactions", reactions::clear),
    bot("POST", "/channels/{channel}/messages/{message}/threads", threads::from_message),
    bot("POST", "/channels/{channel}/threads", threads::create),
    bot("GET", "/channels/{channel}/thread-members", threads::members),
    bot("PUT", "/channels/{channel}/thread-members/{user}", threads::add_member),
    bot("DELETE", "/channels/{channel}/thread-members/{user}", threads::remove_member),
    open("POST", "/interactions/{interaction}/{token}/callback", interactions::callback),
    open("POST", "/webhooks/{webhook}/{token}", webhooks::execute),
    open("GET", "/webhooks/{webhook}/{token}", webhooks::get),
    open("GET", "/webhooks/{webhook}/{token}/messages/{message}", webhooks::get_message),
    open("PATCH", "/webhooks/{webhook}/{token}/messages/{message}", webhooks::edit_message),
    open("DELETE", "/webhooks/{webhook}/{token}/messages/{message}", webhooks::delete_message),
];

/// The route for a request, with the open parts of its path.
pub(super) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let fitting = ROUTES.iter().filter(|route| route.method == method);
    fitting.into_iter().find_map(|route| Some((route, open_parts(route.path, path)?)))
}

fn open_parts(template: &str, path: &str) -> Option<Vec<String>> {
    let (template, path) = (template.split('/').collect::<Vec<_>>(), path.split('/').collect::<Vec<_>>());
    if template.len() != path.len() {
        return None;
    }
    let mut open = Vec::new();
    for (wanted, given) in template.into_iter().zip(path) {
        match wanted.starts_with('{') {
            true if !given.is_empty() => open.push(decode(given)),
            false if wanted == given || wanted == decode(given) => {}
            _ => return None,
        }
    }
    Some(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_parts_win_over_open_ones() {
        let check = |method, path, template, args: &[&str]| {
            let (route, open) = find(method, path).expect(path);
            assert_eq!((route.path, open), (template, args.iter().map(ToString::to_string).collect()));
        };
        check("GET", "/channels/1/messages/pins", "/channels/{channel}/messages/pins", &["1"]);
        check("GET", "/channels/1/messages/2", "/channels/{channel}/messages/{message}", &["1", "2"]);
        let own = "/channels/{channel}/messages/{message}/reactions/{emoji}/@me";
        check("PUT", "/channels/1/messages/2/reactions/%E2%9C%85/@me", own, &["1", "2", "✅"]);
        assert!(find("GET", "/channels/1/nothing").is_none());
    }
}
