#include <abi/dispatcher.h>
#include <boot/init_domain.h>
#include <boot/init_image.h>
#include <boot/memory.h>
#include <boot/modules.h>
#include <dispatch/dispatch.h>
#include <platform/platform.h>
#include <string.h>
#include <dispatch/interrupt.h>
#include <trace/ring.h>

static struct cte *cnode_create(struct cte *slot, enum objtype type, gensize_t bytes)
{
    const lpaddr_t base = memory_take_clear(bytes, OBJSIZE_L2CNode);
    caps_create(slot, type, base, bytes);
    return phys_to_virt(base);
}

static void give_task(struct init_image *image, struct cte *task, struct cte *root_slot,
                      const struct init_gifts *gifts, uint32_t cores)
{
    init_must(caps_copy(&task[TASKCN_SLOT_ROOTCN], root_slot), "root CNode");
    const lpaddr_t dcb = memory_take_clear(BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    caps_create(&task[TASKCN_SLOT_DISPATCHER], ObjType_Dispatcher, dcb, OBJSIZE_Dispatcher);
    init_image_frame(image, &task[TASKCN_SLOT_DISPFRAME], USER_DISPATCHER, INIT_DISPATCHER_BYTES,
                     VREGION_FLAGS_READ_WRITE);
    init_image_frame(image, &task[TASKCN_SLOT_BOOTINFO], USER_ARGS, BOOTINFO_BYTES, VREGION_FLAGS_READ_WRITE);
    caps_create(&task[TASKCN_SLOT_KERNEL], ObjType_Kernel, 0, 0);
    caps_create(&task[TASKCN_SLOT_PERFMON], ObjType_PerfMon, 0, 0);
    caps_create(&task[TASKCN_SLOT_CORE], ObjType_Core, 0, cores);
    if (gifts->devices) {
        caps_create(&task[TASKCN_SLOT_IRQ], ObjType_IRQ, GIC_FIRST_SPI, GIC_IRQS - GIC_FIRST_SPI);
    }
    if (gifts->shared != 0) {
        caps_create(&task[TASKCN_SLOT_URPC], ObjType_Frame, gifts->shared, gifts->shared_bytes);
        task[TASKCN_SLOT_URPC].cap.rights = gifts->shared_rights & ~CAPRIGHTS_CONTROL;
    }
    if (gifts->trace != 0) {
        caps_create(&task[TASKCN_SLOT_TRACE], ObjType_Frame, gifts->trace, TRACE_RING_MAP_BYTES);
        init_image_map_large(image, &task[TASKCN_SLOT_TRACE], USER_TRACE);
    }
}

static void give_modules(struct bootinfo *info, struct cte *slots, lpaddr_t image)
{
    for (size_t i = 0; i < module_count; i++) {
        if (i == BOOTINFO_MAX_MODULES) {
            panic("more than %u boot modules", BOOTINFO_MAX_MODULES);
        }
        struct boot_module *module = &info->modules[i];
        module->bytes = modules[i].bytes;
        memcpy(module->name, modules[i].name, strnlen(modules[i].name, sizeof(module->name) - 1));
        caps_create(&slots[i], ObjType_Frame, module_base(&modules[i], image),
                    ROUND_UP(modules[i].bytes, BASE_PAGE_SIZE));
    }
    info->module_count = (uint32_t)module_count;
}

static void give_devices(struct bootinfo *info, struct cte *slots)
{
    for (size_t i = 0; i < platform.device_count; i++) {
        info->devices[i] = platform.devices[i];
        caps_create(&slots[i], ObjType_DevFrame, platform.devices[i].base, platform.devices[i].bytes);
    }
    info->device_count = (uint32_t)platform.device_count;
}

/// Last of all: what nobody took.
static void give_memory(struct bootinfo *info, struct cte *slots)
{
    info->region_count = (uint32_t)memory_regions(info->regions, BOOTINFO_MAX_REGIONS);
    for (size_t i = 0; i < info->region_count; i++) {
        caps_create(&slots[i], ObjType_RAM, info->regions[i].base, info->regions[i].bytes);
    }
}

/// The dispatcher starts disabled at init's entry point, on its first stack.
static void prepare_dispatcher(struct cte *task, lvaddr_t entry)
{
    struct dispatcher_shared *disp = phys_to_virt(task[TASKCN_SLOT_DISPFRAME].cap.base);
    disp->disabled = true;
    disp->self = USER_DISPATCHER;
    memcpy(disp->name, "init", sizeof("init"));
    disp->save_disabled.x[0] = USER_DISPATCHER;
    disp->save_disabled.sp = USER_STACK + USER_STACK_BYTES;
    disp->save_disabled.pc = entry;
}

struct dcb *init_domain_create(struct bootinfo *info, const struct init_gifts *gifts)
{
    // The slot of the root CNode's first copy has no CNode to stand in: it lives in a page of its own.
    const lpaddr_t page = memory_take_own(BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    struct cte *root_slot = phys_to_virt(page);
    memory_zero(page, BASE_PAGE_SIZE);
    struct cte *root = cnode_create(root_slot, ObjType_L1CNode, ROOTCN_SLOTS * sizeof(struct cte));
    struct cte *task = cnode_create(&root[ROOTCN_TASK], ObjType_L2CNode, OBJSIZE_L2CNode);
    struct cte *pages = cnode_create(&root[ROOTCN_PAGE], ObjType_L2CNode, OBJSIZE_L2CNode);
    struct cte *memory = cnode_create(&root[ROOTCN_MEMORY], ObjType_L2CNode, OBJSIZE_L2CNode);
    struct cte *modules_cnode = cnode_create(&root[ROOTCN_MODULES], ObjType_L2CNode, OBJSIZE_L2CNode);
    struct cte *devices = cnode_create(&root[ROOTCN_DEVICES], ObjType_L2CNode, OBJSIZE_L2CNode);
    struct cte *segments = cnode_create(&root[ROOTCN_SEGMENTS], ObjType_L2CNode, OBJSIZE_L2CNode);

    struct init_image image;
    init_image_begin(&image, pages, segments);
    give_task(&image, task, root_slot, gifts, info->cores);
    init_must(caps_delete(root_slot), "first copy of the root CNode");
    init_image_frame(&image, NULL, USER_STACK, USER_STACK_BYTES, VREGION_FLAGS_READ_WRITE);
    const lvaddr_t entry =
        init_image_load(&image, phys_to_virt(module_base(&modules[0], gifts->image)), modules[0].bytes);
    prepare_dispatcher(task, entry);

    info->page_table_count = image.table_count;
    info->segment_count = image.segment_count;
    give_modules(info, modules_cnode, gifts->image);
    if (gifts->devices) {
        give_devices(info, devices);
    }
    give_memory(info, memory);
    memcpy(phys_to_virt(task[TASKCN_SLOT_BOOTINFO].cap.base), info, sizeof(*info));

    struct dcb *dcb = dcb_from_phys(task[TASKCN_SLOT_DISPATCHER].cap.base);
    init_must(dispatcher_setup(dcb, &task[TASKCN_SLOT_ROOTCN], &pages[0], &task[TASKCN_SLOT_DISPFRAME], NULL,
                               USER_DISPATCHER),
              "dispatcher");
    init_must(caps_retype(&task[TASKCN_SLOT_SELFEP], ObjType_EndPoint, 0, 1, &task[TASKCN_SLOT_DISPATCHER],
                          0),
              "endpoint");
    dcb->state = DISPATCHER_STATE_RUNS;
    return dcb;
}
