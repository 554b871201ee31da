//! What must hold after every step of every story (ARCHITECTURE, "Invariants").

use muster::app::{CALL, COVER, INCIDENT, SCHEDULE};
use muster::domain::call::Call;
use muster::domain::cover::Offer;
use muster::domain::engagement::Progress;
use muster::domain::incident::Incident;
use muster::domain::schedule::duty::Duty;
use muster::store::{Store, StoreError, call, cover, guild, incident, oncall, wake};

/// Looks at every incident and every call that is not over, and at every schedule.
pub async fn check(store: &Store) -> Result<(), String> {
    check_incidents(store).await?;
    check_calls(store).await?;
    check_offers(store).await?;
    check_schedules(store).await
}

/// An offer that nobody has taken yet wakes at its deadline, and always has one.
async fn check_offers(store: &Store) -> Result<(), String> {
    let found = store.read(|conn| {
        Box::pin(async move {
            let mut found = Vec::new();
            for id in cover::live_ids(conn).await? {
                let due = wake::due(conn, COVER, id.0).await?;
                found.extend(cover::peek(conn, id).await?.map(|row| (row, due)));
            }
            Ok::<_, StoreError>(found)
        })
    });
    for (row, due) in found.await.map_err(|why| why.to_string())? {
        let offer: Offer = serde_json::from_str(&row.state).map_err(|why| why.to_string())?;
        if due.is_none() || due != offer.next_deadline() {
            return Err(format!("offer {}: wakes at {due:?}, its deadline is {:?}", row.id, offer.next_deadline()));
        }
    }
    Ok(())
}

/// A schedule wakes at its deadline.
async fn check_schedules(store: &Store) -> Result<(), String> {
    let found = store.read(|conn| {
        Box::pin(async move {
            let mut found = Vec::new();
            for (guild, _) in guild::revisions(conn).await? {
                for row in oncall::all(conn, guild).await? {
                    let due = wake::due(conn, SCHEDULE, row.id.0).await?;
                    found.push((row, due));
                }
            }
            Ok::<_, StoreError>(found)
        })
    });
    for (row, due) in found.await.map_err(|why| why.to_string())? {
        let state: Duty = serde_json::from_str(&row.state).map_err(|why| why.to_string())?;
        if due != state.next_deadline() {
            return Err(format!("{}: wakes at {due:?}, its deadline is {:?}", row.schedule, state.next_deadline()));
        }
    }
    Ok(())
}

/// A call that is not over wakes at its deadline, and always has one.
async fn check_calls(store: &Store) -> Result<(), String> {
    let found = store.read(|conn| {
        Box::pin(async move {
            let mut found = Vec::new();
            for id in call::live_ids(conn).await? {
                let due = wake::due(conn, CALL, id.0).await?;
                found.extend(call::peek(conn, id).await?.map(|row| (row, due)));
            }
            Ok::<_, StoreError>(found)
        })
    });
    for (row, due) in found.await.map_err(|why| why.to_string())? {
        let state: Call = serde_json::from_str(&row.state).map_err(|why| why.to_string())?;
        if due.is_none() || due != state.next_deadline() {
            return Err(format!("call {}: wakes at {due:?}, its deadline is {:?}", row.id, state.next_deadline()));
        }
    }
    Ok(())
}

async fn check_incidents(store: &Store) -> Result<(), String> {
    let found = store.read(|conn| {
        Box::pin(async move {
            let mut found = Vec::new();
            for id in incident::live_ids(conn).await? {
                let row = incident::peek(conn, id).await?;
                found.extend(row.map(|row| (row, id)));
            }
            let mut with_wake = Vec::new();
            for (row, id) in found {
                with_wake.push((row, wake::due(conn, INCIDENT, id.0).await?));
            }
            Ok::<_, StoreError>(with_wake)
        })
    });
    for (row, due) in found.await.map_err(|why| why.to_string())? {
        let state: Incident = serde_json::from_str(&row.state).map_err(|why| why.to_string())?;
        if due != state.next_deadline() {
            return Err(format!("INC-{}: wakes at {due:?}, its deadline is {:?}", row.number, state.next_deadline()));
        }
        always_goes_on(&state)?;
        nothing_open_after_the_answer(&state)?;
    }
    Ok(())
}

/// An open incident with an engagement that nobody has answered always has a deadline, unless it is held or rests.
fn always_goes_on(state: &Incident) -> Result<(), String> {
    let stands = |progress: &Progress| matches!(progress, Progress::Done { .. } | Progress::Resting { .. });
    let waiting = state.paging.engagements.iter().any(|e| e.end.is_none() && !stands(&e.progress));
    if waiting && state.paging.held_since.is_none() && state.paging.next_deadline().is_none() {
        return Err(format!("INC-{} is unanswered and nothing will happen by itself", state.number));
    }
    Ok(())
}

/// Once all engagements behind a page have ended, it asks nobody for anything.
fn nothing_open_after_the_answer(state: &Incident) -> Result<(), String> {
    for page in state.paging.pages.iter().filter(|page| page.closed.is_none() && !page.failed()) {
        if page.is_open_question() {
            continue;
        }
        let ended = |id| state.paging.engagement(id).is_some_and(|engagement| engagement.end.is_some());
        if page.reasons.iter().all(|reason| ended(reason.engagement)) {
            return Err(format!("INC-{}: a page to {} is open after the end of paging", state.number, page.contact));
        }
    }
    Ok(())
}
