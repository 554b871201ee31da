//! Which of Discord's things the set-up uses, for what, and what the bot must be able to do there. Looks at no guild.

use std::collections::BTreeMap;

use crate::domain::definition::{Set, Spec};
use crate::domain::id::{ChannelId, RoleId};
use crate::domain::name::Name;
use crate::domain::plan::{ResponsePlan, RoomMode};
use crate::domain::reference::Ref;
use crate::domain::settings::{Fallback, Settings};
use crate::domain::survey::{Ability, ChannelKind};

/// What something of Discord's is used for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Alerts are read there.
    Alerts(Name),
    /// Changes are read there.
    Changes(Name),
    /// Everybody's announcements.
    Announcements,
    AnnouncementsOf(Name),
    /// Incidents of this plan are threads there.
    Threads {
        plan: Name,
        private: bool,
    },
    /// Incident channels are made there.
    Rooms,
    Archive,
    Digest,
    HandOffs(Name),
    /// Called when nobody answers.
    Fallback,
    FallbackOf(Name),
    /// Always holds who is on call for the schedule.
    OnCall(Name),
    /// Says who may do what.
    Rank(&'static str),
    /// Sees the incidents of the plan.
    Access(Name),
}

impl Use {
    /// What the bot must be able to do in a channel that is used like this.
    pub fn needs(&self) -> &'static [Ability] {
        use Ability::{History, ManageChannels, PrivateThreads, PublicThreads, React, See, Send, SendInThreads};
        match self {
            Use::Alerts(_) => &[See, Send, History, React],
            Use::Changes(_) => &[See, History],
            Use::Announcements | Use::AnnouncementsOf(_) | Use::Digest | Use::HandOffs(_) => &[See, Send],
            Use::Threads { private: false, .. } => &[See, PublicThreads, SendInThreads],
            Use::Threads { private: true, .. } => &[See, PrivateThreads, SendInThreads],
            Use::Rooms | Use::Archive => &[See, ManageChannels],
            // These are roles.
            Use::Fallback | Use::FallbackOf(_) | Use::OnCall(_) | Use::Rank(_) | Use::Access(_) => &[],
        }
    }

    /// Whether incidents are missed, or nobody is called, where this ability is lacking.
    pub(super) fn is_vital(&self, ability: Ability) -> bool {
        matches!(self, Use::Alerts(_)) && matches!(ability, Ability::See | Ability::History)
    }

    /// Whether the same is true where the whole thing is gone.
    pub(super) fn is_vital_at_all(&self) -> bool {
        matches!(self, Use::Alerts(_) | Use::Fallback | Use::FallbackOf(_))
    }

    /// Whether a channel of this kind can be used like this.
    pub(super) fn fits(&self, kind: ChannelKind) -> bool {
        match self {
            Use::Rooms | Use::Archive => kind == ChannelKind::Category,
            Use::Threads { .. } => kind.takes_threads(),
            _ => kind.takes_messages(),
        }
    }
}

/// Everything of one kind that is used, and what for.
pub(super) type Used<T> = BTreeMap<T, Vec<Use>>;

/// The channels and roles that definitions name.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub channels: Used<ChannelId>,
    pub roles: Used<RoleId>,
}

impl Uses {
    pub fn of(set: &Set) -> Uses {
        let mut uses = Uses::default();
        let settings = set.settings();
        uses.settings(&settings);
        for (_, name, spec) in set.iter() {
            match spec {
                Spec::AlertSource(source) => uses.channel(source.channel.as_ref(), Use::Alerts(name.clone())),
                Spec::ChangeSource(source) => uses.channel(Some(&source.channel), Use::Changes(name.clone())),
                Spec::Schedule(schedule) => {
                    uses.channel(schedule.announce.as_ref(), Use::HandOffs(name.clone()));
                    uses.role(schedule.discord_role.as_ref(), Use::OnCall(name.clone()));
                }
                Spec::ResponsePlan(plan) => uses.plan(name, plan, &settings),
                Spec::Settings(_)
                | Spec::Contact(_)
                | Spec::EscalationPlan(_)
                | Spec::Runbook(_)
                | Spec::AnalysisTemplate(_)
                | Spec::Maintenance(_) => {}
            }
        }
        uses
    }

    fn settings(&mut self, settings: &Settings) {
        self.channel(settings.incident_category.as_ref(), Use::Rooms);
        self.channel(settings.archive_category.as_ref(), Use::Archive);
        self.channel(settings.digest.as_ref().map(|digest| &digest.channel), Use::Digest);
        settings.announce.iter().for_each(|channel| self.channel(Some(channel), Use::Announcements));
        let roles = &settings.roles;
        let ranks = [
            ("observers", &roles.observer),
            ("responders", &roles.responder),
            ("managers", &roles.manager),
            ("admins", &roles.admin),
        ];
        for (rank, roles) in ranks {
            roles.iter().for_each(|role| self.role(Some(role), Use::Rank(rank)));
        }
        match &settings.fallback {
            Some(Fallback::Role(role)) => self.role(Some(role), Use::Fallback),
            Some(Fallback::Contact(_)) => {}
            // Without a fallback the admins are called.
            None => roles.admin.iter().for_each(|role| self.role(Some(role), Use::Fallback)),
        }
    }

    fn plan(&mut self, name: &Name, plan: &ResponsePlan, settings: &Settings) {
        let own = plan.announce.as_deref();
        own.unwrap_or_default().iter().for_each(|one| self.channel(Some(one), Use::AnnouncementsOf(name.clone())));
        if plan.channel.mode == RoomMode::Thread {
            let parent = own.unwrap_or(&settings.announce).first();
            self.channel(parent, Use::Threads { plan: name.clone(), private: plan.channel.private });
        }
        let roles = plan.channel.roles.as_deref().unwrap_or_default();
        roles.iter().for_each(|role| self.role(Some(role), Use::Access(name.clone())));
        if let Some(Fallback::Role(role)) = &plan.fallback {
            self.role(Some(role), Use::FallbackOf(name.clone()));
        }
    }

    fn channel(&mut self, reference: Option<&Ref<ChannelId>>, used: Use) {
        if let Some(id) = reference.and_then(Ref::id) {
            self.channels.entry(id).or_default().push(used);
        }
    }

    fn role(&mut self, reference: Option<&Ref<RoleId>>, used: Use) {
        if let Some(id) = reference.and_then(Ref::id) {
            self.roles.entry(id).or_default().push(used);
        }
    }
}
