/**
 * Address space identifiers of this core: 16 bits, 0 is the kernel's. A returned one is flushed from the TLB.
 */
#ifndef ARMV8_ASID_H
#define ARMV8_ASID_H

#include <abi/types.h>

bool asid_take(uint16_t *asid); ///< False if all are taken.
void asid_return(uint16_t asid);

#endif
