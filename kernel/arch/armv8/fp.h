/**
 * Floating point and SIMD registers move only when somebody uses them.
 *
 * They hold the state of one dispatcher, the owner. Access is enabled only while the owner runs and has
 * touched them since it was switched to; any other first use traps, and then the owner's state goes to its
 * dispatcher frame and the new one's comes.
 */
#ifndef ARMV8_FP_H
#define ARMV8_FP_H

struct dcb;

void fp_init_core(void);

/// The current dispatcher used FP while access was off.
void fp_trap(struct dcb *current);

/// Another dispatcher is about to run.
void fp_leave(void);

/// A dispatcher goes: whatever the registers hold of it is forgotten.
void fp_forget(struct dcb *dcb);

/// The registers are about to be lost: their state goes to its dispatcher frame.
void fp_park(void);

#endif
