/**
 * What the suite `scaling` and its workers (bench/scaler) agree on.
 *
 * A worker is told by its arguments what it does, and from when to when: scaler ROLE CORES BEGIN END, in
 * ticks of the system counter, which all cores share. Its exit code is how many messages it has received, or
 * calls it has made, in that time.
 */
#ifndef BENCH_SCALING_PROTOCOL_H
#define BENCH_SCALING_PROTOCOL_H

#define SCALING_PAIRS  "pairs"  ///< Has a channel with the worker of each other core, and sends over all.
#define SCALING_CLIENT "client" ///< Calls the one server.
#define SCALING_MEMORY "memory" ///< Takes memory of its core's server, and gives it back.

#define SCALING_GOOD 0x40000000 ///< In the exit code, beside the count.

#define SCALING_SERVICE "scaler" ///< Raw channels, of each core's worker, and calls of the one server.
#define SCALING_HASH    0x7363616cU
#define SCALING_FRAME   0x2000

#endif
