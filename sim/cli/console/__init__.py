"""What commands print, one module per question. Sentences and numbers come from `sim.report`."""
