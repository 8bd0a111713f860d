"""NumPy's threads, which would hold up the model's."""

from threadpoolctl import threadpool_info, threadpool_limits

from embeddings.cores import one_thread_for_numpy


def test_linear_algebra_computes_with_one_thread() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        one_thread_for_numpy()
        blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        assert blas
        assert {pool["num_threads"] for pool in blas} == {1}
