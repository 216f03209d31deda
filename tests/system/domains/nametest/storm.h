#ifndef NAMETEST_STORM_H
#define NAMETEST_STORM_H

#include <stdint.h>

/// One of the processes that do all they can at the same time. \return its exit status
int storm_member(uint64_t seed);

#endif
