#include <aos/dispatch.h>
#include <ump/wake.h>

#define GROUPS 8 ///< Of wakes, on each core. Dispatchers of the same group are woken together.

static unsigned own_group(void)
{
    return disp_get_number() % GROUPS;
}

void ump_wake_announce(struct ump_half *own)
{
    own->group = own_group();
    __atomic_store_n(&own->core, disp_get_core_id() + 1U, __ATOMIC_RELEASE);
}

void ump_wake_listen(void)
{
}

void ump_wake_core(struct capref wake, coreid_t core, unsigned group)
{
    (void)wake;
    (void)core;
    (void)group;
}
