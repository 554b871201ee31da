//! The app itself: gateway address, user, application, guilds, direct channels.
//! Never sends a direct message; `messages` does.

use super::call::{Answer, Call, Outcome};
use crate::{body::channel::OpenDm, refusal::Refusal, state::State};
use serde_json::json;

fn gateway_url(state: &State) -> String {
    state.url.replacen("http", "ws", 1)
}

pub(super) fn gateway(state: &mut State, _: &Call) -> Outcome {
    Answer::ok(json!({ "url": gateway_url(state) }))
}

pub(super) fn gateway_bot(state: &mut State, _: &Call) -> Outcome {
    let left = 1000_u32.saturating_sub(state.sessions.identifies);
    let limit = json!({ "total": 1000, "remaining": left, "reset_after": 14_400_000, "max_concurrency": 1 });
    Answer::ok(json!({ "url": gateway_url(state), "shards": 1, "session_start_limit": limit }))
}

pub(super) fn user(state: &mut State, _: &Call) -> Outcome {
    let mut me = state.user_json(state.app.id);
    crate::channel::merge(
        &mut me,
        json!({ "mfa_enabled": false, "locale": "en-US", "premium_type": 0, "email": null, "verified": true }),
    );
    Answer::ok(me)
}

pub(super) fn other_user(state: &mut State, call: &Call) -> Outcome {
    let user = state.users.get(&call.id(0)?).ok_or_else(Refusal::unknown_user)?;
    Answer::ok(user.json())
}

pub(super) fn guilds(state: &mut State, _: &Call) -> Outcome {
    let mine = state.guilds.values().filter(|guild| guild.members.contains_key(&state.app.id));
    let listed = mine.map(|guild| {
        let permissions = crate::permission::in_guild(guild, state.app.id).to_string();
        json!({ "id": guild.id.to_string(), "name": guild.name, "icon": null, "banner": null, "owner": false, "permissions": permissions, "features": [] })
    });
    Answer::ok(listed.collect())
}

pub(super) fn application(state: &mut State, _: &Call) -> Outcome {
    let user = state.user_json(state.app.id);
    let owner = state.guilds.values().next().map_or(state.app.id, |guild| guild.owner);
    let owner = state.user_json(owner);
    let intents = state.app.granted_intents;
    // Limited (unverified) grants: presences 1<<13, members 1<<15, message content 1<<19.
    let flag = |intent: u64, flag: u64| if intents & intent != 0 { flag } else { 0 };
    let flags = flag(1 << 8, 1 << 13) | flag(1 << 1, 1 << 15) | flag(1 << 15, 1 << 19);
    let guilds = state.guilds.values().filter(|guild| guild.members.contains_key(&state.app.id)).count();
    Answer::ok(json!({
        "id": state.app.id.to_string(), "name": state.app.name, "icon": null, "description": "", "type": null, "bot": user,
        "summary": "", "verify_key": "0".repeat(64), "flags": flags, "flags_new": flags.to_string(), "max_participants": null,
        "tags": [], "rpc_origins": [], "bot_public": true, "bot_require_code_grant": false, "integration_types_config": {},
        "redirect_uris": [], "interactions_endpoint_url": null, "role_connections_verification_url": null, "owner": owner,
        "approximate_guild_count": guilds, "approximate_user_install_count": 0, "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0, "team": null, "eligible_oauth2_scopes": [],
    }))
}

pub(super) fn open_dm(state: &mut State, call: &Call) -> Outcome {
    let user = call.body::<OpenDm>()?.recipient_id.get();
    if !state.users.contains_key(&user) {
        return Err(Refusal::unknown_user());
    }
    if user == state.app.id {
        return Err(Refusal::new(400, 50033, "Invalid Recipient(s)"));
    }
    let channel = state.dm_channel(user);
    Answer::ok(state.channel_json(&state.channels[&channel]))
}
