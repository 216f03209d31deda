#include <aos/core.h>
#include <aos/dispatch.h>
#include <ump/wake.h>

/// Dispatchers of one group are woken together, each of which then looks in vain. So they are spread evenly.
static unsigned own_group(void)
{
    return disp_get_number() % CORE_WAKE_GROUPS;
}

void ump_wake_announce(struct ump_half *own)
{
    own->group = own_group();
    __atomic_store_n(&own->core, disp_get_core_id() + 1U, __ATOMIC_RELEASE);
}

void ump_wake_listen(void)
{
    static bool listens;
    if (!listens) {
        listens = err_is_ok(disp_hear_wakes(own_group()));
    }
}

void ump_wake_core(struct capref wake, coreid_t core, unsigned group)
{
    if (!capref_is_null(wake)) {
        // The other side may name a core or a group that there is not: then nobody is woken, but by its
        // fault.
        core_wake(wake, core, group);
    }
}
