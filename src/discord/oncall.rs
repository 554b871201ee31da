//! A role that follows who is on call: looked up person by person, and written only where it is not as it should be. Decides nothing
//! about who that is.

use super::access::NOT_A_MEMBER;
use super::deliver::missed;
use super::rest::{Call, Endpoint, Lane, RestError};
use super::{Discord, guild_id, role_id, user_id};
use crate::app::courier::{Miss, Receipt};
use crate::domain::id::{GuildId, RoleId, UserId};
use crate::domain::timeline::Unreached;

/// Codes of <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>.
const UNKNOWN_ROLE: i64 = 10011;
const MISSING_PERMISSION: i64 = 50013;

impl Discord {
    /// Gives the role to those who should hold it, takes it from the others.
    pub(super) async fn sync_role(
        &self,
        guild: GuildId,
        role: RoleId,
        people: &[(UserId, bool)],
        reason: &str,
    ) -> Result<Receipt, Miss> {
        for (user, holds) in people {
            let member = match self.member(guild, *user, Lane::Normal).await {
                Ok(member) => member,
                Err(error) if left(&error) => continue,
                Err(error) => return Err(missed(&error, Unreached::Rejected)),
            };
            if member.roles.contains(&role) == *holds {
                continue;
            }
            let (guild, user, role) = (guild_id(guild), user_id(*user), role_id(role));
            let change = match holds {
                true => Endpoint::add_member_role(guild, user, role),
                false => Endpoint::remove_member_role(guild, user, role),
            };
            match self.rest().call(Call::new(change).reason(reason)).await {
                Err(error) if !left(&error) => return Err(refused(&error)),
                _ => {}
            }
        }
        Ok(Receipt::Done)
    }
}

/// They are no member any more: there is nothing to give or take.
fn left(error: &RestError) -> bool {
    error.code().is_some_and(|code| NOT_A_MEMBER.contains(&code))
}

/// What is in the way is the same for everybody.
fn refused(error: &RestError) -> Miss {
    let never = |detail: &str| Miss::Never { why: Unreached::Rejected, detail: detail.to_owned() };
    match error.code() {
        Some(MISSING_PERMISSION) => never(
            "Muster may not give it. In Server Settings, Roles: give Muster's role Manage Roles, and drag it above this one",
        ),
        Some(UNKNOWN_ROLE) => never("it was deleted. Name another one as discord_role of the schedule, or none"),
        _ => missed(error, Unreached::Rejected),
    }
}
