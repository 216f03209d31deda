/**
 * What a domain of the benches cannot do without.
 */
#ifndef BENCH_HARNESS_MUST_H
#define BENCH_HARNESS_MUST_H

#include <aos/debug.h>

/// Ends the domain if `err` is an error, and says what it was about.
static inline void must(errval_t err, const char *what)
{
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "%s", what);
    }
}

#endif
