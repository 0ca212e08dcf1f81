// A copy engine with a work queue for each client
//
// The skeleton of an accelerator driver: each client gets an auxiliary domain, a PASID and a work queue of
// its own; copies run while the driver waits, and an interrupt tells that one is over. A client that
// names an address it never mapped gets an error, and no other client notices. Look at TRACE.

const SRC = 0x1000_0000n;
const DST = 0x2000_0000n;
const engine = memcpy_engine('memcpy0', { ssid_bits: 8, queues: 4 });
const { dev } = engine;

// Completions by cookie; the interrupt handler fills this in and wakes who waits.
const done = new Map<int, memcpy_completion>();
const idle = { name: 'memcpy0 idle' };
init_waitqueue_head(idle);
function interrupt(): irqreturn_t {
  for (const entry of engine.completions()) {
    done.set(entry.cookie, entry);
  }
  wake_up(idle);
  return IRQ_HANDLED;
}
assert(request_irq(engine.irq, interrupt, 0, 'memcpy0', engine) === 0);
assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_AUXD, 1, 0, null) === 0);

interface Client {
  readonly queue: int;
  readonly domain: iommu_domain;
  readonly pages: readonly page[];
}

function open(queue: int, fill: int): Client {
  const domain = iommu_domain_alloc(dev.bus);
  assert(domain !== null && iommu_attach_device(domain, dev) === 0);
  const pasid = ref(0);
  assert(iommu_domain_get_attr(domain, DOMAIN_ATTR_AUXD_ID, pasid) === 0);
  const pages = [SRC, DST].map((iova) => {
    const page = alloc_pages(0);
    const prot = iova === SRC ? IOMMU_READ : IOMMU_WRITE | IOMMU_READ;
    assert(page !== null && iommu_map(domain, iova, page_to_phys(page), SZ_4K, prot) === 0);
    phys_write(page_to_phys(page), new Uint8Array(SZ_4K).fill(iova === SRC ? fill : 0));
    return page;
  });
  assert(engine.queue_enable(queue, pasid.value) === 0);
  dev_info(dev, 'queue %d works for PASID %d', queue, pasid.value);
  return { queue, domain, pages };
}

/** Waits for a copy as a driver does: asleep until the interrupt handler has seen its cookie. */
function copy(client: Client, src: bigint, dst: bigint): memcpy_completion {
  const cookie = engine.submit(client.queue, src, dst, SZ_4K);
  assert(cookie > 0, 'the queue takes the copy');
  wait_event(idle, () => done.has(cookie));
  const entry = done.get(cookie);
  assert(entry !== undefined);
  return entry;
}

function firstByte(client: Client): int {
  const [, target] = client.pages;
  assert(target !== undefined);
  return phys_read(page_to_phys(target), 1)[0] ?? 0;
}

function close({ queue, domain, pages }: Client): void {
  // Stop the queue first: only then can nothing of its PASID be on its way.
  assert(engine.queue_disable(queue) === 0);
  iommu_unmap(domain, SRC, SZ_4K);
  iommu_unmap(domain, DST, SZ_4K);
  iommu_detach_device(domain, dev);
  iommu_domain_free(domain);
  for (const page of pages) {
    __free_pages(page, 0);
  }
}

// The same addresses in both address spaces, other memory behind them.
const clients = [open(0, 0x11), open(1, 0x22)] as const;
for (const client of clients) {
  assert(copy(client, SRC, DST).result === DMA_TRANS_NOERROR);
}
assert(firstByte(clients[0]) === 0x11 && firstByte(clients[1]) === 0x22);

// A copy to a page that is mapped for reading only ends there; the other client goes on.
expect_event('F_PERMISSION', () => {
  const wrong = copy(clients[0], DST, SRC);
  assert(wrong.result === DMA_TRANS_WRITE_FAILED && wrong.residue === SZ_4K);
  dev_warn(dev, 'copy %d failed, %s', wrong.cookie, wrong.reason ?? '');
});
assert(copy(clients[1], SRC, DST).result === DMA_TRANS_NOERROR);

clients.forEach(close);
iommu_sva_shutdown_device(dev);
free_irq(engine.irq, engine);
