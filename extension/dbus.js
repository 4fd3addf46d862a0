// SPDX-License-Identifier: GPL-3.0-or-later
// The contract with the octally service, as the proxies want it: one XML text for each interface.
//
// The truth is data/io.github.octally.Octally.xml, which also explains every key; tests/contract.test.js
// compares the two. It is embedded because an extension must not read files inside the shell.

export const BUS_NAME = 'io.github.octally.Octally';
export const OBJECT_PATH = '/io/github/octally/Octally';

export const USAGE_XML = `
<node>
  <interface name="io.github.octally.Usage1">
    <property name="Session" type="a{sv}" access="read"/>
    <property name="Today" type="a{sv}" access="read"/>
    <property name="Month" type="a{sv}" access="read"/>
    <property name="Total" type="a{sv}" access="read"/>
    <property name="Week" type="aa{sv}" access="read"/>
    <property name="State" type="s" access="read"/>
    <property name="Pace" type="a{sv}" access="read"/>
    <property name="LastActivityMs" type="x" access="read"/>
    <property name="UpdatedMs" type="x" access="read"/>
    <property name="Freshness" type="a{sv}" access="read"/>
    <property name="Version" type="s" access="read">
      <annotation name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="const"/>
    </property>
    <method name="Refresh">
      <arg name="result" type="a{sv}" direction="out"/>
    </method>
    <method name="Report">
      <arg name="request" type="a{sv}" direction="in"/>
      <arg name="rows" type="aa{sv}" direction="out"/>
    </method>
  </interface>
</node>`;

export const SESSIONS_XML = `
<node>
  <interface name="io.github.octally.Sessions1">
    <property name="Sessions" type="aa{sv}" access="read"/>
    <property name="IdleThresholdMs" type="x" access="readwrite"/>
    <method name="Describe">
      <arg name="session_id" type="s" direction="in"/>
      <arg name="session" type="a{sv}" direction="out"/>
    </method>
    <signal name="Idle">
      <arg name="session_id" type="s"/>
      <arg name="details" type="a{sv}"/>
    </signal>
    <signal name="Waiting">
      <arg name="session_id" type="s"/>
      <arg name="details" type="a{sv}"/>
    </signal>
  </interface>
</node>`;

export const ALERTS_XML = `
<node>
  <interface name="io.github.octally.Alerts1">
    <property name="Budgets" type="aa{sv}" access="read"/>
    <method name="SetBudget">
      <arg name="id" type="s" direction="in"/>
      <arg name="budget" type="a{sv}" direction="in"/>
    </method>
    <method name="RemoveBudget">
      <arg name="id" type="s" direction="in"/>
    </method>
    <property name="Settings" type="a{sv}" access="read"/>
    <method name="SetAlerts">
      <arg name="changes" type="a{sv}" direction="in"/>
    </method>
    <property name="Notices" type="aa{sv}" access="read"/>
    <property name="SnoozedUntilMs" type="x" access="read"/>
    <method name="Speak">
      <arg name="on" type="b" direction="in"/>
      <arg name="shown" type="as" direction="out"/>
    </method>
    <method name="Snooze">
      <arg name="id" type="s" direction="in"/>
      <arg name="minutes" type="u" direction="in"/>
    </method>
    <signal name="Alert">
      <arg name="kind" type="s"/>
      <arg name="details" type="a{sv}"/>
    </signal>
    <signal name="Withdrawn">
      <arg name="id" type="s"/>
    </signal>
    <signal name="ShowDetails">
      <arg name="session_id" type="s"/>
    </signal>
  </interface>
</node>`;

export const DATA_XML = `
<node>
  <interface name="io.github.octally.Data1">
    <method name="Describe">
      <arg name="data" type="a{sv}" direction="out"/>
    </method>
    <method name="Diagnose">
      <arg name="checks" type="aa{sv}" direction="out"/>
    </method>
    <method name="Export">
      <arg name="file" type="h" direction="in"/>
      <arg name="options" type="a{sv}" direction="in"/>
      <arg name="result" type="a{sv}" direction="out"/>
    </method>
    <method name="Rebuild">
      <arg name="result" type="a{sv}" direction="out"/>
    </method>
    <method name="Forget">
      <arg name="project" type="s" direction="in"/>
      <arg name="result" type="a{sv}" direction="out"/>
    </method>
    <method name="Remember">
      <arg name="project" type="s" direction="in"/>
    </method>
    <method name="SetRetention">
      <arg name="months" type="u" direction="in"/>
    </method>
  </interface>
</node>`;
