/**
 * Self-paging: what the library does about a thread's fault, and the stacks that live on it.
 */
#ifndef LIB_PAGING_FAULT_H
#define LIB_PAGING_FAULT_H

#include <abi/dispatcher.h>
#include <abi/errno.h>
#include <aos/paging.h>

/**
 * Puts memory behind an address that a thread may touch.
 *
 * \param kind   FAULT_READ, _WRITE or _EXECUTE
 * \param mapped set if it was this call that did it, and not another thread in the meantime
 * \return SYS_ERR_OK: the access will do now. LIB_ERR_PAGING_NOT_MAPPED: it is not allowed. Else why there is
 * no memory
 *
 * May wait for the locks of the address space; needs 2 KiB of stack.
 */
errval_t paging_handle_fault(struct paging_state *st, unsigned kind, lvaddr_t address, bool *mapped);

/// Reserves addresses for a stack, and memory for its first 16 KiB; below them it gets memory where it is
/// touched, up to `limit_bytes`, as long as there is any. The pages below and above stay unmapped.
errval_t paging_stack_create(struct paging_state *st, size_t limit_bytes, lvaddr_t *base);

/// Takes the memory back that a stack has grown to beyond what it began with. Nobody runs on it.
void paging_stack_trim(struct paging_state *st, lvaddr_t base, lvaddr_t top);

void paging_stack_destroy(struct paging_state *st, lvaddr_t base);

#endif
