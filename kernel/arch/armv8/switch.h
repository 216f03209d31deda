/**
 * Changing the current dispatcher, and the ways to user level.
 */
#ifndef ARMV8_SWITCH_H
#define ARMV8_SWITCH_H

#include <dispatch/dcb.h>

/// Makes `dcb` the current dispatcher: address space, user's dispatcher pointer, FP access. Traces the
/// switch.
void switch_to(struct dcb *dcb);

/// Makes none the current dispatcher.
void switch_to_idle(void);

/* vectors.S */
_Noreturn void restore_registers(const struct registers *registers);
_Noreturn void enter_upcall(lvaddr_t pc, lvaddr_t sp, uint64_t argument0, uint64_t argument1,
                            uint64_t argument2);
_Noreturn void on_empty_stack(void (*function)(void));

#endif
