"""Long work and first answers, in processes of their own, so that pages always respond.

Two ways: `first_answers` has warm processes that simulate a few trials within the request; everything else is a job
(`long_callback`), which `jobs` supervises, a runner starts, and `turns` lets wait in a fair queue.
"""
