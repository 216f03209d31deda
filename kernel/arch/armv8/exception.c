/**
 * What the vectors call: faults and interrupts of user level, and the kernel's own, which are bugs.
 */
#include <arch/armv8/exception.h>
#include <arch/armv8/fp.h>
#include <arch/armv8/gic.h>
#include <arch/armv8/sysreg.h>
#include <dispatch/dispatch.h>
#include <panic.h>
#include <dispatch/interrupt.h>
#include <trace/emit.h>

#define ESR_CLASS(esr)        ((esr) >> 26 & 0x3f)
#define ESR_CLASS_FP          0x07
#define ESR_CLASS_INSTRUCTION 0x20
#define ESR_CLASS_DATA        0x24
#define ESR_DATA_WRITE        (1 << 6)
#define ESR_FAULT_TYPE(esr)   ((esr) >> 2 & 0xf)
#define ESR_FAULT_TRANSLATION 1 ///< Up to ESR_FAULT_PERMISSION: what another mapping could mend.
#define ESR_FAULT_PERMISSION  3

/// True for an abort of a translation, access flag or permission (Armv8 ARM, ESR_EL1, fault status code).
static bool is_about_mapping(uint64_t esr)
{
    const uint64_t type = ESR_FAULT_TYPE(esr);
    return type >= ESR_FAULT_TRANSLATION && type <= ESR_FAULT_PERMISSION;
}

_Noreturn void exception_user(struct dcb *dcb, struct registers *saved, uint64_t esr, uint64_t far)
{
    switch (ESR_CLASS(esr)) {
    case ESR_CLASS_FP:
        fp_trap(dcb);
        dispatch_return(saved);
    case ESR_CLASS_INSTRUCTION:
        dispatch_fault(is_about_mapping(esr) ? FAULT_EXECUTE : FAULT_BUS, far);
    case ESR_CLASS_DATA:
        if (!is_about_mapping(esr)) {
            dispatch_fault(FAULT_BUS, far);
        }
        dispatch_fault(esr & ESR_DATA_WRITE ? FAULT_WRITE : FAULT_READ, far);
    default:
        dispatch_fault(FAULT_TRAP, saved->pc);
    }
}

_Noreturn void interrupt_user(struct dcb *dcb, struct registers *saved)
{
    (void)dcb;
    interrupt_handle();
    schedule_after_interrupt();
    dispatch_return(saved);
}

/// An error that the hardware reports late, as for a device register that is not there: it belongs to whoever
/// runs.
_Noreturn void serror_user(struct dcb *dcb, struct registers *saved, uint64_t esr, uint64_t far)
{
    (void)esr;
    dispatcher_end(dcb, END_REASON_TRAP, far, saved->pc);
    schedule();
}

_Noreturn void exception_kernel(const struct registers *registers, uint64_t esr, uint64_t far)
{
    panic_registers(registers, "exception in the kernel, ESR %#lx (class %#lx), FAR %#lx", esr,
                    ESR_CLASS(esr), far);
}

_Noreturn void exception_impossible(uint64_t vector)
{
    panic("exception through vector %lu, which nothing can reach", vector);
}
