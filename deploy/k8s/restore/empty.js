// Makes room for an archive, for mongosh: nobody may be connected, and the Hub's databases must be away or are dropped
// if REPLACE is "yes". Those of other Hubs, and MongoDB's own, stay as they are.
const admin = connect(process.env.MONGODB_URL).getSiblingDB("admin")
const prefix = `${process.env.CAREERS_HUB_HUB_ID}_`

const busy = admin
  .aggregate([{ $currentOp: { allUsers: true, idleConnections: true } }])
  .toArray()
  .filter(({ appName }) => /^careers-hub-/.test(appName))
if (busy.length > 0) {
  const names = [...new Set(busy.map(({ appName }) => appName))].sort().join(", ")
  print(`The Hub still runs (${names}): stop every api and worker first, and wait until their pods are gone.`)
  quit(1)
}

const there = admin
  .runCommand({ listDatabases: 1, nameOnly: true })
  .databases.map(({ name }) => name)
  .filter((name) => name.startsWith(prefix))
if (there.length > 0 && process.env.REPLACE !== "yes") {
  print(`${there.length} databases of this Hub are there: save them, then set \`replace\` to yes in the ConfigMap.`)
  quit(1)
}
for (const name of there) {
  const answer = admin.getSiblingDB(name).dropDatabase()
  if (answer.ok !== 1) throw new Error(`${name} cannot be dropped: ${answer.codeName}`)
}
print(`${there.length} databases were dropped; there is room for the archive.`)
