// SPDX-License-Identifier: GPL-3.0-or-later
//! What the ledger's thread answers besides readings.

use octally_bus::{DataRequest, RequestError, Story};
use octally_core::ledger::LedgerError;
use octally_core::meter::Meter;
use octally_core::model::{Problem, Zone};
use octally_core::rollup::{self, StoryLimits};
use octally_core::wire::ReportRow;

use super::Desk;
use crate::runtime::{data, publish};

/// How much of a session is explained.
const STORY: StoryLimits = StoryLimits {
    sub_agents: 20,
    turns: 10,
};

impl Desk {
    /// The ledger, opened if need be.
    fn meter(&mut self) -> Result<&mut Meter, RequestError> {
        let failed = |problem: Problem| RequestError::Failed(publish::sentence(&problem));
        self.open(false).map_err(failed)?;
        match &mut self.meter {
            Some(meter) => Ok(meter),
            None => unreachable!("open() leaves a meter or a problem"),
        }
    }

    pub(super) fn report(
        &mut self,
        request: &rollup::Request,
        zone: &Zone,
    ) -> Result<Vec<ReportRow>, RequestError> {
        let report = self.meter()?.report(request, zone).map_err(failed)?;
        Ok(report.rows)
    }

    pub(super) fn describe(&mut self, id: &str) -> Result<Option<Story>, RequestError> {
        let meter = self.meter()?;
        let story = meter.story(id, STORY).map_err(failed)?;
        Ok(story.map(|session| Story {
            title: meter.title(id),
            sub_agent_titles: (session.session.sub_agents.iter())
                .map(|sub_agent| meter.title(&sub_agent.id))
                .collect(),
            session,
        }))
    }

    pub(super) fn do_with_data(&mut self, request: DataRequest, zone: &Zone) {
        match request {
            DataRequest::Describe(reply) => {
                let months = self.place.keep_months;
                let holdings = self.meter().and_then(|meter| data::holdings(meter, months));
                let _ = reply.send(holdings);
            }
            DataRequest::Rebuild(reply) => {
                let rebuilt = self.meter().and_then(|meter| data::rebuild(meter, zone));
                let _ = reply.send(rebuilt);
            }
            DataRequest::Forget(project, reply) => {
                let forgotten = self
                    .meter()
                    .and_then(|meter| data::forget(meter, &project, zone));
                let _ = reply.send(forgotten);
            }
            DataRequest::Remember(project, reply) => {
                let remembered = self
                    .meter()
                    .and_then(|meter| data::remember(meter, &project));
                let _ = reply.send(remembered);
            }
            DataRequest::Diagnose(_) | DataRequest::Export(..) | DataRequest::KeepMonths(..) => {
                unreachable!("these are not done with the ledger's own thread")
            }
        }
    }
}

fn failed(error: LedgerError) -> RequestError {
    RequestError::Failed(publish::sentence(&error.problem()))
}
