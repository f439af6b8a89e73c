import { AgentOf1790000004000 } from './1790000004000-agentOf'
import { ErasedPeople1790000010100 } from './1790000010100-erasedPeople'
import { ClientContact1790000010000 } from './1790000010000-clientContact'
import { AuditPartitions1790000009000 } from './1790000009000-auditPartitions'
import { CaselessMail1790000005000 } from './1790000005000-caselessMail'
import { ExportLimits1790000014000 } from './1790000014000-exportLimits'
import { NarrowSchoolIndex1790000015000 } from './1790000015000-narrowSchoolIndex'
import { LostStatistics1790000016000 } from './1790000016000-lostStatistics'
import { EndedMembers1790000017000 } from './1790000017000-endedMembers'
import { Exports1790000006000 } from './1790000006000-exports'
import { ImportQueue1790000007000 } from './1790000007000-importQueue'
import { Imports1790000002000 } from './1790000002000-imports'
import { Oneroster111790000003000 } from './1790000003000-oneroster11'
import { Operations1790000001000 } from './1790000001000-operations'
import { Roster1790000000000 } from './1790000000000-roster'
import { Schools1790000008000 } from './1790000008000-schools'
import { Tenants1790000008001 } from './1790000008001-tenants'
import { TenantKey1790000011000 } from './1790000011000-tenantKey'
import { MetadataKeys1790000018000 } from './1790000018000-metadataKeys'
import { NarrowIndexes1790000013000 } from './1790000013000-narrowIndexes'

/** In order; frozen once merged: a change to the database is a new file at the end. */
export const migrations = [
  Roster1790000000000,
  Operations1790000001000,
  Imports1790000002000,
  Oneroster111790000003000,
  AgentOf1790000004000,
  CaselessMail1790000005000,
  Exports1790000006000,
  ImportQueue1790000007000,
  Schools1790000008000,
  Tenants1790000008001,
  AuditPartitions1790000009000,
  ClientContact1790000010000,
  ErasedPeople1790000010100,
  TenantKey1790000011000,
  NarrowIndexes1790000013000,
  ExportLimits1790000014000,
  NarrowSchoolIndex1790000015000,
  LostStatistics1790000016000,
  EndedMembers1790000017000,
  MetadataKeys1790000018000,
]
