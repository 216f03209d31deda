/**
 * Types that the kernel and the domains share.
 */
#ifndef ABI_TYPES_H
#define ABI_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t genpaddr_t; ///< A physical address.
typedef uint64_t gensize_t;  ///< A size of physical memory, in bytes.
typedef uint64_t lpaddr_t;   ///< A physical address that this core can reach.
typedef uint64_t lvaddr_t;   ///< A virtual address.
typedef uint32_t capaddr_t;  ///< A place in a CSpace: L1 slot << 8 | L2 slot.
typedef uint32_t cslot_t;    ///< A slot number inside one CNode.
typedef uint32_t coreid_t;
typedef uint32_t domainid_t; ///< core that it was started on << PID_CORE_SHIFT | number there

#define PID_CORE_SHIFT 24

#define BASE_PAGE_BITS  12
#define BASE_PAGE_SIZE  (1UL << BASE_PAGE_BITS)
#define LARGE_PAGE_BITS 21
#define LARGE_PAGE_SIZE (1UL << LARGE_PAGE_BITS)
#define HUGE_PAGE_BITS  30
#define HUGE_PAGE_SIZE  (1UL << HUGE_PAGE_BITS)

#define ROUND_UP(n, size)   ((((n) + (size)-1)) & ~((size)-1))
#define ROUND_DOWN(n, size) ((n) & ~((size)-1))
#define ARRAY_LENGTH(a)     (sizeof(a) / sizeof((a)[0]))

#endif
