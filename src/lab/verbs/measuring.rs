//! `rtt`, `throughput`: figures, taken by [`measure`].
use super::Done;
use crate::lab::ledger::Held;
use crate::lab::{Lab, measure};
use crate::lang::{Fact, Rtt, Throughput};

impl Lab {
    pub(super) fn rtt(&mut self, wanted: &Rtt) -> Done {
        // Ctrl-C is heard by the runtime, and a long measurement takes seconds.
        self.engine.runtime()?;
        let cancel = self.engine.cancel_flag();
        let trips = measure::rtt(&*self.namespace, wanted, cancel)?;
        Ok((Fact::Rtt(trips), Held::Nothing))
    }

    pub(super) fn throughput(&mut self, wanted: &Throughput) -> Done {
        self.engine.runtime()?;
        let flow = measure::throughput(
            &*self.namespace,
            wanted,
            self.engine.cancel_flag(),
            &mut *self.progress,
        )?;
        Ok((Fact::Throughput(flow), Held::Nothing))
    }
}
