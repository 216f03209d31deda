/**
 * A crowd of capabilities: what an operation costs when there are 100 000 others, all of different objects.
 *
 * They are endpoints of one dispatcher, which need no memory but their slots; each stands in the mapping
 * database, in a CSpace of their own. Making them takes a while, so one crowd serves several rows, until one
 * of them takes it away. A build with tracing makes fewer: its ring is not large enough for the events, and
 * no figures come from it.
 */
#ifndef BENCH_CAPS_CROWD_H
#define BENCH_CAPS_CROWD_H

#include <harness/harness.h>

/// Makes the crowd if there is none.
errval_t crowd_setup(const struct bench *bench);

/// Operations beside the crowd, and what undoes them.
errval_t crowd_copy_sample(const struct bench *bench, struct bench_sample *sample);
errval_t crowd_mint_sample(const struct bench *bench, struct bench_sample *sample);
errval_t crowd_retype_sample(const struct bench *bench, struct bench_sample *sample);
errval_t crowd_empty_dest(const struct bench *bench);
errval_t crowd_empty_near(const struct bench *bench);

/// Take the crowd away, by a revoke of the dispatcher or a delete of the CSpace, and measure that.
errval_t crowd_revoke(const struct bench *bench);
errval_t crowd_delete(const struct bench *bench);

/// Hands back what they measured.
errval_t crowd_sample(const struct bench *bench, struct bench_sample *sample);

#endif
