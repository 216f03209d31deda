/**
 * The heap, and the conformance suite of the axis `heap`, on `size_class`.
 *
 * Sources:  lib/heap/strategy/size_class.c tests/host/host_sync.c
 * Includes: lib
 */
#define HEAP_JOINS 0
#include "heap_suite.h"
