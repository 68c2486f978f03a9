// What this device must not forget, in IndexedDB: who it is, the door pack, its log of scans. All of it is in one database, so
// that a browser which discards it discards the identity, too: nothing is ever admitted by a device that has forgotten.
const name = "stagedoor-door", version = 1;

function done(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

export class Store {
  static async open(factory = indexedDB) {
    const opening = factory.open(name, version);
    opening.addEventListener("upgradeneeded", () => {
      opening.result.createObjectStore("facts");
      opening.result.createObjectStore("scans", { keyPath: "sequence", autoIncrement: true });
    });
    const store = new Store();
    store.database = await done(opening);
    return store;
  }

  // Runs `work` and resolves once its writes are on the disk.
  write(names, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(names, "readwrite", { durability: "strict" });
      transaction.addEventListener("complete", resolve);
      transaction.addEventListener("abort", () => reject(transaction.error));
      work(...names.map((each) => transaction.objectStore(each)));
    });
  }

  async load() {
    const transaction = this.database.transaction(["facts", "scans"]);
    const facts = transaction.objectStore("facts");
    const [keys, values, scans] = await Promise.all(
      [facts.getAllKeys(), facts.getAll(), transaction.objectStore("scans").getAll()].map(done));
    return { ...Object.fromEntries(keys.map((key, at) => [key, values[at]])), scans };
  }

  save(facts) {
    return this.write(["facts"], (store) => {
      for (const [key, value] of Object.entries(facts)) store.put(value, key);
    });
  }
  addScan(scan) {
    return this.write(["scans"], (store) => store.add(scan));
  }
  markUploaded(nonces) {
    return this.write(["scans"], (store) => {
      const walk = store.openCursor();
      walk.addEventListener("success", () => {
        const cursor = walk.result;
        if (!cursor) return;
        if (nonces.has(cursor.value.nonce)) cursor.update({ ...cursor.value, uploaded: true });
        cursor.continue();
      });
    });
  }
  forget() {
    return this.write(["facts", "scans"], (...stores) => stores.forEach((store) => store.clear()));
  }
}
