#include <arch/armv8/fp.h>
#include <arch/armv8/sysreg.h>
#include <dispatch/dcb.h>

#define CPACR_FP_ENABLED (3UL << 20)

static struct dcb *owner;

void fp_save(struct fp_registers *state);
void fp_restore(const struct fp_registers *state);

void fp_init_core(void)
{
    owner = NULL;
    sysreg_write(cpacr_el1, 0);
    isb();
}

void fp_trap(struct dcb *current)
{
    sysreg_write(cpacr_el1, CPACR_FP_ENABLED);
    isb();
    if (owner == current) {
        return;
    }
    if (owner != NULL) {
        fp_save(&owner->disp->save_fp);
    }
    fp_restore(&current->disp->save_fp);
    owner = current;
}

void fp_leave(void)
{
    sysreg_write(cpacr_el1, 0);
}

void fp_park(void)
{
    if (owner != NULL) {
        sysreg_write(cpacr_el1, CPACR_FP_ENABLED);
        isb();
        fp_save(&owner->disp->save_fp);
    }
    fp_init_core();
}

void fp_forget(struct dcb *dcb)
{
    if (owner == dcb) {
        owner = NULL;
    }
}
