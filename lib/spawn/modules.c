#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/paging.h>
#include <aos/spawn.h>
#include <string.h>

/* Where the boot information and each module is mapped, once it was asked for: they stay for as long as the
 * system runs. */
static void *mapped_info;
static void *mapped[BOOTINFO_MAX_MODULES];

/// Maps a frame that nobody has mapped yet; of two threads that do so at once one takes its mapping back.
static errval_t map_once(void **place, struct capref frame, size_t bytes)
{
    void *address;
    if (__atomic_load_n(place, __ATOMIC_ACQUIRE)) {
        return SYS_ERR_OK;
    }
    errval_t err =
        paging_map_frame_attr(get_current_paging_state(), &address, bytes, frame, VREGION_FLAGS_READ);
    if (err_is_fail(err)) {
        return err;
    }
    void *none = NULL;
    if (!__atomic_compare_exchange_n(place, &none, address, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        paging_unmap(get_current_paging_state(), address);
    }
    return SYS_ERR_OK;
}

const struct bootinfo *bootinfo_get(void)
{
    if (!domain_arguments()) {
        return (const struct bootinfo *)USER_ARGS;
    }
    return err_is_ok(map_once(&mapped_info, cap_bootinfo, BOOTINFO_BYTES)) ? mapped_info : NULL;
}

errval_t module_find(const char *name, struct boot_file *ret)
{
    const struct bootinfo *info = bootinfo_get();
    unsigned count = info ? info->module_count : 0;
    for (unsigned i = 0; i < count && i < BOOTINFO_MAX_MODULES; i++) {
        const struct boot_module *module = &info->modules[i];
        if (strncmp(module->name, name, sizeof(module->name)) != 0) {
            continue;
        }
        struct capref frame = {.cnode = cnode_module, .slot = i};
        errval_t err = map_once(&mapped[i], frame, module->bytes);
        if (err_is_ok(err)) {
            *ret = (struct boot_file){.content = mapped[i], .bytes = module->bytes, .frame = frame};
        }
        return err;
    }
    return SPAWN_ERR_FIND_MODULE;
}
