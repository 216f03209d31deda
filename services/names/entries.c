#include "entries.h"

#include "waits.h"
#include "watches.h"

#include <trace/trace.h>

errval_t entry_add(struct holder *holder, const char *name, const char *properties, coreid_t core,
                   domainid_t pid, uint32_t instance)
{
    const struct entry *entry = table_add(holder, name, properties, core, pid, instance);
    if (!entry) {
        return LIB_ERR_MALLOC_FAIL;
    }
    trace_names_came(pid, (uint32_t)table_count());
    trace_names_count((uint32_t)table_count());
    watch_tell(entry, true);
    wait_tell(entry);
    watch_deliver();
    watch_deliver();
    return SYS_ERR_OK;
}

void entry_remove(struct entry *entry)
{
    const domainid_t pid = entry->pid;
    watch_tell(entry, false);
    table_remove(entry);
    trace_names_went(pid, (uint32_t)table_count());
    trace_names_count((uint32_t)table_count());
    watch_deliver();
}
