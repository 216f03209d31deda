/**
 * The address space of one domain, and its own faults: what the files of this domain share.
 */
#ifndef PAGING_TEST_H
#define PAGING_TEST_H

#include "../check.h"

#include <abi/dispatcher.h>
#include <aos/aos.h>
#include <aos/threads.h>

/// True if an access of this kind at `address` is possible. One that is not is skipped by the thread's fault
/// handler.
bool can_read(const volatile void *address);
bool can_write(volatile void *address);

/// How many bytes of RAM it takes to have a gigabyte in one frame.
#define RAM_FOR_HUGE (2 * HUGE_PAGE_SIZE)

void test_mappings(void); ///< Sizes of pages, parts, protection, overlaps.
void test_regions(void);  ///< Memory that comes when it is touched.
void test_faults(void);   ///< Handlers, stacks, several threads at once.

#endif
