/**
 * The lock scheme of the libraries that was built in, as a parameter of the rows that it may change.
 */
#ifndef BENCH_SCHEME_H
#define BENCH_SCHEME_H

#ifdef LOCK_SCHEME
#define SCHEME ",scheme=" LOCK_SCHEME
#else
#define SCHEME ""
#endif

#endif
